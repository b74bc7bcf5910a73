"""People at doors are told what they should be told, and doors go on whatever happens to them."""

import asyncio
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
import pytest

from gymhopper.app.process import Process
from gymhopper.sandbox.demo.client import Platform
from gymhopper.sandbox.demo.connection import Connection
from gymhopper.sandbox.demo.crowd import Crowd, Scene
from gymhopper.sandbox.demo.doors import Doors, Rush, Seen
from gymhopper.sandbox.demo.loading import Loaded
from gymhopper.sandbox.demo.newcomer import SpareReader, invite
from sandbox.demo.small_network import SMALL

TRIES = 4


@pytest.fixture
def crowd(platform: Process, loaded: Loaded) -> Crowd:
    return Crowd(
        SMALL,
        [each.person for each in loaded.people],
        loaded.founded.strangers,
        loaded.keyring,
        platform.runtime.clock,
        Random(7),
    )


def scene_of(crowd: Crowd, code: str) -> Scene:
    return next(each for each in crowd.scenes if each.code == code)


async def played(rush: Rush, scene: Scene) -> list[Seen]:
    return [seen async for seen in rush.play(scene)]


async def test_every_scene_ends_with_what_it_is_about(doors: Doors, crowd: Crowd) -> None:
    rush = Rush(doors, crowd, Random(7))
    missed = {}
    for scene in crowd.scenes:
        for _ in range(TRIES):
            seen = await played(rush, scene)
            if seen and scene.code in seen[-1].answers:
                break
        else:
            missed[scene.code] = [each.answers for each in seen]
    assert missed == {}
    refusals = {each.code for each in crowd.scenes} - {
        "ALLOWED",
        "DUPLICATE_SCAN",
        "PAYMENT_GRACE",
        "EXPIRES_SOON",
    }
    assert len(refusals) == 20


async def test_a_double_scan_is_one_visit(doors: Doors, crowd: Crowd) -> None:
    rush, scene = Rush(doors, crowd, Random(7)), scene_of(crowd, "DUPLICATE_SCAN")
    tries = [await played(rush, scene) for _ in range(TRIES)]
    # Whoever is refused has been here today already, and scans once.
    first, second = next(seen for seen in tries if len(seen) == 2)
    assert (first.new_visit, second.new_visit) == (True, False)
    assert "DUPLICATE_SCAN" in second.notices


async def test_who_was_refused_comes_no_more_for_an_ordinary_visit(
    doors: Doors, crowd: Crowd
) -> None:
    what = crowd.visit()
    assert what[0].ref is not None
    crowd.turn_away(what[0].ref)
    assert what[0].ref not in {each.ref for _ in range(200) for each in crowd.visit()}


async def test_a_reader_renews_its_session_before_it_ends(
    platform: Process, doors: Doors, crowd: Crowd
) -> None:
    clock = platform.runtime.stored_clock
    for _ in range(3):
        await clock.advance(timedelta(minutes=45))
        await clock.refresh()
        assert (await doors.present(crowd.visit()[0])).decision != "none"


async def test_a_platform_that_is_away_is_an_answer_too(
    platform: Process, doors: Doors, crowd: Crowd
) -> None:
    what = crowd.visit()[0]
    assert (await doors.present(what)).decision != "none"
    await platform.server.stop()
    seen = await doors.present(what)
    assert (seen.decision, seen.code) == ("none", "SYSTEM_ERROR")


async def test_a_connection_that_was_closed_is_opened_again() -> None:
    answers = 0

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal answers
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(2)
        answers += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer_once, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        connection = Connection(f"http://127.0.0.1:{port}")
        for number in range(1, 4):
            assert await connection.post("/", b"{}", "token") == (200, b"true")
            assert answers == number
        await connection.close()


async def test_a_newcomer_enters_once_the_checkout_is_paid(
    loaded: Loaded, client: Platform, tmp_path: Path
) -> None:
    newcomer = await invite(client, loaded)
    spare = SpareReader(client, loaded, tmp_path)
    await spare.sign_in()

    async def scan(number: int) -> str:
        credential = {"type": "pass", "value": newcomer.pass_value}
        answer = await client.post(
            "/access/checkin",
            {"request_id": f"by-hand-{number}", "credential": credential},
            token=spare.path.read_text(),
        )
        code: str = answer["code"]
        return code

    assert spare.path.stat().st_mode & 0o077 == 0
    assert await scan(0) == "NO_ENTITLEMENT"
    async with httpx.AsyncClient(timeout=10) as browser:
        page = await browser.post(newcomer.checkout_url, data={"card": "4242424242424242"})
    assert page.status_code == 303
    number = 1
    while await scan(number) != "ALLOWED":
        number += 1
        assert number < 2000
