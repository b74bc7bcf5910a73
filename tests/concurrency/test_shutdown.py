"""SIGTERM takes no new requests and finishes those under way."""

import asyncio
import json
from pathlib import Path

import pytest

from e2e.installation import installed
from e2e.retold import RetoldStory
from gymhopper.sandbox.demo.story import AGREEMENT


@pytest.mark.timeout(300)
async def test_a_request_under_way_is_finished_and_kept(tmp_path: Path) -> None:
    with installed(tmp_path / "data") as installation:
        platform = await asyncio.to_thread(installation.administrator)
        story = RetoldStory(platform, installation)
        await story.found()
        body = json.dumps(
            {
                "organisation_id": story.cast.operator,
                "first_name": "Late",
                "last_name": "Comer",
                "agreement": AGREEMENT,
            }
        ).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", installation.port)
        writer.write(
            b"POST /api/v1/members/register HTTP/1.1\r\nHost: test\r\n"
            + f"Authorization: {platform._headers['Authorization']}\r\n".encode()
            + b"Content-Type: application/json\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body[:20]
        )
        await writer.drain()
        # An answer on another connection: the first request has been taken up by now.
        await platform.get("/members", query="Comer")

        assert installation.process is not None
        installation.process.terminate()
        await refuses_connections(installation.port)
        writer.write(body[20:])
        await writer.drain()
        answer = await reader.read()
        writer.close()

        head, _, content = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 201 "), answer
        assert await asyncio.to_thread(installation.process.wait, 60) == 0
        await asyncio.to_thread(installation.start)
        member = await platform.get(f"/members/{json.loads(content)['id']}")
        assert member["first_name"] == "Late"
        await story.close()
        await platform.close()


async def refuses_connections(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except (ConnectionRefusedError, ConnectionResetError):
                return  # reset: it queued at the socket when that was closed
            writer.close()
            await asyncio.sleep(0.02)
