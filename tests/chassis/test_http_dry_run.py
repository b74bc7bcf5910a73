"""`Dry-Run: true`: all is checked, done and answered, and nothing of it stays."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
from sqlalchemy import text

from chassis.keyed_counters import COUNTERS, URL, Desk, served
from fixtures.callers import callers_context, http_client, staff_of
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.kernel.ids import new_id

DRY = {"Dry-Run": "true"}


@pytest.fixture
async def desk(new_runtime: NewRuntime, counting: TestDatabase) -> AsyncIterator[Desk]:
    runtime = await new_runtime([callers_context(desk=staff_of(new_id())), COUNTERS])
    async with http_client(runtime) as client:
        yield Desk(runtime, client)


async def post(desk: Desk, path: str, headers: Mapping[str, str] = DRY) -> httpx.Response:
    authorised = {"Authorization": "Bearer desk", **headers}
    return await desk.client.post(f"{URL}{path}", json={"value": 7}, headers=authorised)


TRACES = text(
    "SELECT (SELECT count(*) FROM testing.counter) + (SELECT count(*) FROM bus.event)"
    " + (SELECT count(*) FROM audit.entry) + (SELECT count(*) FROM chassis.idempotency)"
)


async def traces(desk: Desk) -> int:
    """Everything that a write leaves behind: rows, events, entries of the audit log, answers."""
    async with desk.runtime.database.transaction(SERVICE) as connection:
        return int((await connection.execute(TRACES)).scalar_one())


async def test_a_write_is_answered_as_ever_and_leaves_nothing(desk: Desk) -> None:
    answer = await post(desk, "")
    assert (answer.status_code, answer.json()["value"]) == (201, 7)
    assert answer.headers["dry-run"] == "true"
    assert await traces(desk) == 0
    real = await post(desk, "", {"Dry-Run": "false"})
    assert real.status_code == 201
    assert "dry-run" not in real.headers
    assert await traces(desk) > 0


async def test_a_key_is_not_used_up_by_a_trial(desk: Desk) -> None:
    key = {"Idempotency-Key": "k1"}
    tried = await post(desk, "", DRY | key)
    real = await post(desk, "", key)
    assert (tried.status_code, real.status_code) == (201, 201)
    assert "idempotency-replayed" not in real.headers
    assert tried.json()["id"] != real.json()["id"]
    assert await desk.counters() == 1


@pytest.mark.parametrize("path", ["/abroad", "/twice", "/nested"])
async def test_what_rests_on_something_stored_ends_there(desk: Desk, path: str) -> None:
    answer = await post(desk, path)
    assert (answer.status_code, answer.json()["code"]) == (409, "dry_run_ends")
    assert await traces(desk) == 0


async def test_refusals_and_failures_are_told_as_ever(desk: Desk) -> None:
    assert (await post(desk, "/refused")).status_code == 409
    with pytest.raises(ZeroDivisionError):
        await post(desk, "/broken")
    assert (await post(desk, "", {**DRY, "Authorization": "Bearer nobody"})).status_code == 401
    assert await traces(desk) == 0


async def test_what_is_open_to_everybody_can_be_tried_too(desk: Desk) -> None:
    assert (await desk.client.post(f"{URL}/open", headers=DRY)).status_code == 201
    assert await traces(desk) == 0


@pytest.mark.parametrize("said", ["yes", "1", ""])
async def test_another_word_is_refused(desk: Desk, said: str) -> None:
    answer = await post(desk, "", {"Dry-Run": said})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_dry_run")
    assert answer.json()["field"] == "Dry-Run"
    assert await traces(desk) == 0


async def test_the_next_request_of_the_connection_is_in_earnest(desk: Desk) -> None:
    """A long body makes the server pause, and what it reads next begins in the context of that."""
    dry = _raw(b"Dry-Run: true\r\n", b'{"value": 7, "more": "' + b"m" * 200_000 + b'"}')
    earnest = _raw(b"Connection: close\r\n", b'{"value": 8}')
    async with served(desk.runtime) as there:
        address = there.client.base_url
        reader, writer = await asyncio.open_connection(address.host, address.port)
        for each in (dry, dry + earnest):
            writer.write(each)
            await writer.drain()
        answers = (await reader.read()).split(b"HTTP/1.1 ")[1:]
        writer.close()
    assert [each[:3] for each in answers] == [b"201", b"201", b"201"]
    assert [b"dry-run: true" in each for each in answers] == [True, True, False]
    assert await desk.counters() == 1


def _raw(field: bytes, body: bytes) -> bytes:
    return (
        b"POST %s HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer desk\r\n%s"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (URL.encode(), field, len(body), body)
    )
