"""Freezes and blocks."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

DAY = timedelta(days=1)


async def freeze(gym: Any, membership: Any, *, expect: int = 201, **body: Any) -> Any:
    return await gym.post(f"/memberships/{membership['id']}/freezes", body, expect=expect)


async def block(gym: Any, membership: Any, *, expect: int = 201, **body: Any) -> Any:
    return await gym.post(
        f"/memberships/{membership['id']}/blocks", {"reason": "unpaid fine"} | body, expect=expect
    )


async def label(gym: Any, membership: Any) -> str:
    return str((await gym.get(f"/memberships/{membership['id']}"))["label"])


async def test_a_freeze_starts_now_and_lasts_until_it_is_lifted(gym: Any) -> None:
    active = await gym.active()
    frozen = await freeze(gym, active, reason="injury")
    assert frozen["membership"]["label"] == "frozen"
    [overlay] = frozen["membership"]["overlays"]
    assert overlay == {
        "id": frozen["id"],
        "kind": "freeze",
        "start": "2026-03-02T09:00:00Z",
        "until": None,
        "stops_access": True,
        "stops_billing": True,
        "extends_term": False,
        "reason": "injury",
    }
    await gym.pass_time(5 * DAY)
    lifted = await gym.delete(f"/memberships/{active['id']}/freezes/{frozen['id']}")
    assert lifted["label"] == "active"
    assert await gym.told_types(active["id"]) == [
        "purchased",
        "activated",
        "overlay_changed",
        "overlay_changed",
    ]


async def test_a_freeze_begins_and_ends_by_itself_and_says_so_each_time(gym: Any) -> None:
    active = await gym.active()
    frozen = await freeze(gym, active, start="2026-03-10", until="2026-04-01")
    [overlay] = frozen["membership"]["overlays"]
    # Vienna's clocks go forward on 29 March.
    assert (overlay["start"], overlay["until"]) == ("2026-03-09T23:00:00Z", "2026-03-31T22:00:00Z")
    assert await label(gym, active) == "active"
    await gym.pass_time(8 * DAY)
    assert await label(gym, active) == "frozen"
    await gym.pass_time(30 * DAY)
    assert await label(gym, active) == "active"
    changed = [each for each in await gym.told(active["id"]) if "overlay" in each.type]
    assert {str(each.data.overlay_id) for each in changed} == {frozen["id"]}
    assert len(changed) == 3


async def test_a_freeze_that_has_not_begun_can_be_taken_back(gym: Any) -> None:
    active = await gym.active()
    frozen = await freeze(gym, active, start="2026-03-10")
    lifted = await gym.delete(f"/memberships/{active['id']}/freezes/{frozen['id']}")
    assert lifted["overlays"] == []
    told = len(await gym.told(active["id"]))
    await gym.pass_time(30 * DAY)
    assert len(await gym.told(active["id"])) == told


async def test_a_time_that_jumps_over_a_freeze_says_once_that_it_is_over(gym: Any) -> None:
    active = await gym.active()
    await freeze(gym, active, start="2026-03-10", until="2026-03-20")
    told = len(await gym.told(active["id"]))
    await gym.pass_time(60 * DAY)
    assert len(await gym.told(active["id"])) == told + 1


async def test_a_freeze_that_ran_into_the_paid_period_is_told_until_the_next_one(
    gym: Any,
) -> None:
    active = await gym.active()
    frozen = await freeze(gym, active)
    await gym.pass_time(10 * DAY)
    lifted = await gym.delete(f"/memberships/{active['id']}/freezes/{frozen['id']}")
    assert [each["id"] for each in lifted["overlays"]] == [frozen["id"]]
    await gym.paid(active["id"], start=gym.clock.now() + 21 * DAY, days=30)
    await gym.pass_time(30 * DAY)
    assert (await gym.get(f"/memberships/{active['id']}"))["overlays"] == []


async def test_a_block_stops_access_and_never_billing(gym: Any) -> None:
    active = await gym.active()
    blocked = await block(gym, active)
    assert blocked["membership"]["label"] == "suspended"
    assert blocked["membership"]["overlays"][0]["stops_billing"] is False
    # A freeze may cover the same time; the block shows.
    await freeze(gym, active)
    assert await label(gym, active) == "suspended"
    await gym.delete(f"/memberships/{active['id']}/blocks/{blocked['id']}")
    assert await label(gym, active) == "frozen"


@pytest.mark.parametrize(
    "second",
    [
        {},
        {"start": "2026-03-19", "until": "2026-03-21"},
        {"start": "2026-03-12", "until": "2026-03-13"},
        {"start": "2026-03-05"},
    ],
)
async def test_two_freezes_do_not_overlap(gym: Any, second: Any) -> None:
    active = await gym.active()
    await freeze(gym, active, start="2026-03-10", until="2026-03-20")
    before = await gym.told(active["id"])
    answer = await freeze(gym, active, **second, expect=409)
    assert answer["code"] == "overlay_overlaps"
    assert await gym.told(active["id"]) == before


async def test_of_freezes_that_are_asked_for_at_once_one_is_set(gym: Any) -> None:
    active = await gym.active()
    path = f"/api/v1/memberships/{active['id']}/freezes"
    answers = await asyncio.gather(*(gym.http.post(path, json={}) for _ in range(8)))
    assert sorted(each.status_code for each in answers) == [201] + 7 * [409]


async def test_freezes_may_touch(gym: Any) -> None:
    active = await gym.active()
    await freeze(gym, active, start="2026-03-10", until="2026-03-20")
    await freeze(gym, active, start="2026-03-20", until="2026-03-25")
    await freeze(gym, active, until="2026-03-10")


async def test_a_freeze_lasts_as_long_as_the_plan_asks(gym: Any) -> None:
    active = await gym.active(freeze_rules={"minimum_days": 14})
    answer = await freeze(gym, active, start="2026-03-10", until="2026-03-23", expect=422)
    assert (answer["code"], answer["field"]) == ("freeze_too_short", "until")
    await freeze(gym, active, start="2026-03-10", until="2026-03-24")


async def test_a_freeze_lies_ahead_and_in_reach(gym: Any) -> None:
    active = await gym.active()
    refused: list[tuple[dict[str, str], str]] = [
        ({"start": "2026-03-01"}, "start"),
        ({"start": "9999-12-31"}, "start"),
        ({"until": "2026-03-02"}, "until"),
        ({"start": "2026-03-10", "until": "2026-03-10"}, "until"),
        ({"until": "9999-12-31"}, "until"),
    ]
    for body, field in refused:
        answer = await freeze(gym, active, **body, expect=422)
        assert (answer["code"], answer["field"]) == ("date_out_of_range", field), body


async def test_a_freeze_begins_before_the_end(gym: Any) -> None:
    active = await gym.active()
    await gym.collection(active["id"], gym.clock.now() + DAY)
    answer = await freeze(gym, active, start="2026-03-10", expect=422)
    assert (answer["code"], answer["field"]) == ("date_out_of_range", "start")


async def test_what_does_not_run_cannot_be_stopped(gym: Any) -> None:
    pending = await gym.pending()
    assert (await freeze(gym, pending, expect=409))["code"] == "illegal_transition"
    assert (await block(gym, pending, expect=409))["code"] == "illegal_transition"
    active = await gym.active()
    await gym.refunded(active["id"], "end_now")
    assert (await freeze(gym, active, expect=409))["code"] == "illegal_transition"


async def test_a_freeze_is_lifted_once_and_only_as_a_freeze(gym: Any) -> None:
    active = await gym.active()
    frozen = await freeze(gym, active)
    path = f"/memberships/{active['id']}"
    assert (await gym.delete(f"{path}/blocks/{frozen['id']}", expect=404))["code"] == "not_found"
    assert (await gym.delete(f"{path}/freezes/{uuid4()}", expect=404))["code"] == "not_found"
    await gym.pass_time(DAY)
    await gym.delete(f"{path}/freezes/{frozen['id']}")
    answer = await gym.delete(f"{path}/freezes/{frozen['id']}", expect=409)
    assert answer["code"] == "illegal_transition"


async def test_nothing_is_said_of_a_freeze_after_the_contract_has_ended(gym: Any) -> None:
    active = await gym.active()
    await freeze(gym, active, until="2026-03-20")
    await gym.refunded(active["id"], "end_now")
    before = await gym.told(active["id"])
    await gym.pass_time(60 * DAY)
    assert await gym.told(active["id"]) == before
