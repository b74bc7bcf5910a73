"""Which keys are good, whose they are, and for how long an answer belongs to them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chassis.keyed_counters import COUNTERS, Desk, same
from fixtures.callers import callers_context, http_client, staff_of
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.idempotency.purge import purge_answers
from gymhopper.chassis.runtime import Runtime
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


@pytest.fixture
async def runtime(new_runtime: NewRuntime, counting: TestDatabase) -> Runtime:
    one, other = staff_of(new_id()), staff_of(new_id())
    return await new_runtime([callers_context(desk=one, other=other), COUNTERS])


@pytest.fixture
async def desk(runtime: Runtime) -> AsyncIterator[Desk]:
    async with http_client(runtime) as client:
        yield Desk(runtime, client)


@pytest.mark.parametrize("path", ["?x=1", "/twice"])
async def test_another_request_with_the_key_is_422(desk: Desk, path: str) -> None:
    await desk.post("k1", value=1)
    for other in (await desk.post("k1", path, value=1), await desk.post("k1", value=2)):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert other.json()["field"] == "Idempotency-Key"
    assert await desk.counters() == 1


async def test_two_callers_with_the_same_key_do_not_meet(desk: Desk) -> None:
    one = await desk.post("k1", value=1)
    other = await desk.post("k1", caller="other", value=1)
    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json()["actor"] != other.json()["actor"]
    assert await desk.counters() == 2


async def test_after_a_day_the_key_is_new(desk: Desk, clock: ManualClock) -> None:
    first = await desk.post("k1", value=1)
    clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert same(await desk.post("k1", value=1), first)
    clock.advance(timedelta(seconds=1))
    renewed = await desk.post("k1", value=2)
    assert "idempotency-replayed" not in renewed.headers
    assert await desk.counters() == 2
    assert same(await desk.post("k1", value=2), renewed)


async def test_answers_are_removed_when_their_day_is_over(desk: Desk, clock: ManualClock) -> None:
    await desk.post("old")
    clock.advance(timedelta(hours=23))
    await desk.post("young")
    clock.advance(timedelta(hours=1))
    while await purge_answers(desk.runtime.database, clock.now()):
        pass
    assert [each.key for each in await desk.kept()] == ["young"]


async def test_open_routes_ignore_the_key(desk: Desk) -> None:
    for _ in range(2):
        answer = await desk.post("k1" * 1000, "/open")
        assert answer.status_code == 201
    assert await desk.counters() == 2


@pytest.mark.parametrize("key", ["", "k" * 256, "a\tb", "schlüssel".encode(), b"\x7f"])
async def test_a_key_that_cannot_be_stored_is_422(desk: Desk, key: str | bytes) -> None:
    answer = await desk.post(key)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_idempotency_key")
    assert await desk.counters() == 0


@pytest.mark.parametrize("key", ["k", "k" * 255, '"quoted key"', "a, b"])
async def test_a_printable_key_of_up_to_255_characters_is_good(desk: Desk, key: str) -> None:
    first = await desk.post(key)
    assert first.status_code == 201
    assert same(await desk.post(key), first)


async def test_unknown_callers_get_no_answer_of_others(desk: Desk) -> None:
    await desk.post("k1", value=1)
    unknown = await desk.post("k1", caller="unknown", value=1)
    assert unknown.status_code == 401


async def test_what_is_kept_cannot_be_read_from_the_database(desk: Desk) -> None:
    answer = await desk.post("k1", value=471142)
    [row] = await desk.kept()
    for sealed in (bytes(row.answer), bytes(row.headers)):
        assert b"471142" not in sealed
        assert answer.json()["id"].encode() not in sealed
