"""A request with an Idempotency-Key that is sent again has one effect and one answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.keyed_counters import COUNTERS, URL, Desk, entered, released, same, served
from fixtures.callers import callers_context, http_client, staff_of
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.idempotency.answers import Answer, Slot
from gymhopper.chassis.idempotency.attempt import Attempt
from gymhopper.chassis.runtime import Runtime
from gymhopper.kernel.ids import new_id


@pytest.fixture
async def runtime(new_runtime: NewRuntime, counting: TestDatabase) -> Runtime:
    one, other = staff_of(new_id()), staff_of(new_id())
    return await new_runtime([callers_context(desk=one, other=other), COUNTERS])


@pytest.fixture
async def desk(runtime: Runtime) -> AsyncIterator[Desk]:
    async with http_client(runtime) as client:
        yield Desk(runtime, client)


async def test_the_same_request_again_gets_the_first_answer_and_does_nothing(desk: Desk) -> None:
    first = await desk.post("k1", value=7)
    again = await desk.post("k1", value=7)
    assert first.status_code == 201, first.text
    assert first.json()["value"] == 7
    assert "idempotency-replayed" not in first.headers
    assert same(again, first)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == f"/counters/{first.json()['id']}"
    assert await desk.counters() == 1


async def test_without_a_key_every_request_counts(desk: Desk) -> None:
    for _ in range(2):
        assert (await desk.post(None)).status_code == 201
    assert await desk.counters() == 2
    assert await desk.kept() == []


async def test_a_hundred_at_once_have_one_effect_and_one_answer(runtime: Runtime) -> None:
    async with served(runtime) as desk:
        answers_ = await asyncio.gather(*(desk.post("k1", value=3) for _ in range(100)))
        done = [each for each in answers_ if each.status_code == 201]
        refused = [each for each in answers_ if each.status_code != 201]
        assert await desk.counters() == 1
        assert len(await desk.kept()) == 1
        first = next(each for each in done if "idempotency-replayed" not in each.headers)
        assert len([each for each in done if "idempotency-replayed" not in each.headers]) == 1
        assert all(same(each, first) for each in done)
        assert {(each.status_code, each.json()["code"]) for each in refused} <= {
            (409, "idempotency_key_in_use")
        }
        later = await asyncio.gather(*(desk.post("k1", value=3) for _ in range(100)))
        assert all(same(each, first) for each in later)
        assert all(each.headers["idempotency-replayed"] == "true" for each in later)
        assert await desk.counters() == 1


async def test_while_the_first_is_under_way_the_second_is_409(desk: Desk) -> None:
    entered.clear()
    released.clear()
    first = asyncio.create_task(desk.post("k1", "/slow"))
    await entered.wait()
    second = await desk.post("k1", "/slow")
    released.set()
    assert (second.status_code, second.json()["code"]) == (409, "idempotency_key_in_use")
    assert second.headers["retry-after"] == "1"
    assert same(await desk.post("k1", "/slow"), await first)
    assert await desk.counters() == 1


async def test_nobody_sees_the_effect_before_its_answer_is_there(desk: Desk) -> None:
    entered.clear()
    released.clear()
    first = asyncio.create_task(desk.post("k1", "/slow"))
    await entered.wait()
    assert await desk.counters() == 0
    released.set()
    assert (await first).status_code == 201
    assert await desk.counters() == 1


async def test_a_request_that_is_cut_off_before_its_answer_leaves_neither(desk: Desk) -> None:
    entered.clear()
    released.clear()
    first = asyncio.create_task(desk.post("k1", "/slow"))
    await entered.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await desk.counters(), await desk.kept()) == (0, [])
    released.set()
    assert (await desk.post("k1", "/slow")).status_code == 201
    assert await desk.counters() == 1


async def test_a_connection_lost_before_the_commit_leaves_neither(
    desk: Desk, counting: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Slot.keep

    async def keep_and_die(self: Slot, connection: AsyncConnection, *rest: Any) -> None:
        await keep(self, connection, *rest)
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with desk.runtime.database.transaction(SERVICE) as other:
            await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

    monkeypatch.setattr(Slot, "keep", keep_and_die)
    cut = await desk.post("k1", value=1)
    assert (cut.status_code, cut.json()["code"]) == (503, "unavailable")
    assert (await desk.counters(), await desk.kept()) == (0, [])
    monkeypatch.setattr(Slot, "keep", keep)
    assert (await desk.post("k1", value=1)).status_code == 201
    assert await desk.counters() == 1


async def test_an_answer_lost_after_the_commit_is_replayed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Attempt.keep

    async def keep_and_break(self: Attempt, answer: Answer) -> None:
        await kept(self, answer)
        raise ConnectionResetError

    monkeypatch.setattr(Attempt, "keep", keep_and_break)
    with pytest.raises(ConnectionResetError):
        await desk.post("k1", value=5)
    monkeypatch.setattr(Attempt, "keep", kept)
    again = await desk.post("k1", value=5)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json()["value"] == 5
    assert await desk.counters() == 1


@pytest.mark.parametrize(
    ("path", "status"), [("/refused", 409), ("/nowhere", 405), ("?", 422), ("/broken", 500)]
)
async def test_what_fails_is_rolled_back_and_not_kept(
    runtime: Runtime, path: str, status: int
) -> None:
    transport = httpx.ASGITransport(app=create_app(runtime, dict), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        desk = Desk(runtime, client)
        for _ in range(2):
            answer = await desk.post("k1", path, value="none")
            assert answer.status_code == status
            assert "idempotency-replayed" not in answer.headers
        assert (await desk.counters(), await desk.kept()) == (0, [])


async def test_of_several_units_of_work_the_last_is_kept_with_the_answer(desk: Desk) -> None:
    first = await desk.post("k1", "/twice")
    assert first.status_code == 201
    assert same(await desk.post("k1", "/twice"), first)
    assert await desk.counters() == 2


async def test_a_unit_of_work_inside_another_is_its_own(desk: Desk) -> None:
    first = await desk.post("k1", "/nested")
    assert first.status_code == 201, first.text
    assert same(await desk.post("k1", "/nested"), first)
    assert await desk.counters() == 2


async def test_what_is_settled_is_stored_before_the_network_is_asked(desk: Desk) -> None:
    assert (await desk.post("k1", "/abroad")).json() == 1


async def test_an_answer_without_content_is_kept_too(desk: Desk) -> None:
    made = (await desk.post(None)).json()["id"]
    headers = {"Authorization": "Bearer desk", "Idempotency-Key": "k1"}
    for replayed in (None, "true"):
        gone = await desk.client.delete(f"{URL}/{made}", headers=headers)
        assert (gone.status_code, gone.content) == (204, b"")
        assert gone.headers.get("idempotency-replayed") == replayed
    headers["Idempotency-Key"] = "k2"
    assert (await desk.client.delete(f"{URL}/{made}", headers=headers)).status_code == 404
