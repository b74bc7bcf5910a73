"""Freezes within the plan's limits, with fees, dated back, and with their three effects."""

from datetime import timedelta
from typing import Any

from gymhopper.contracts.membership.events import (
    MembershipFreezeFeeDue,
    MembershipTimeGivenBack,
)

DAY = timedelta(days=1)
FEE = {"fee": {"amount": 500, "currency": "EUR"}}


async def freeze(gym: Any, membership: Any, *, expect: int = 201, **body: Any) -> Any:
    return await gym.post(f"/memberships/{membership['id']}/freezes", body, expect=expect)


async def told(gym: Any, membership: Any, kind: type) -> list[Any]:
    found = [each.data for each in await gym.told(membership["id"])]
    return [each for each in found if isinstance(each, kind)]


async def test_the_limits_of_the_plan_are_in_the_refusal(gym: Any) -> None:
    active = await gym.active(freeze_rules={"days_a_year": 10, "freezes_a_year": 2})
    refused = await freeze(gym, active, start="2026-03-10", until="2026-03-21", expect=409)
    assert (refused["code"], "10 are left" in refused["detail"]) == ("freeze_days_exceeded", True)
    await freeze(gym, active, start="2026-03-10", until="2026-03-18")
    open_ended = await freeze(gym, active, start="2026-04-01")
    # It ends where the days are used up.
    [_, second] = open_ended["membership"]["overlays"]
    assert second["until"] == "2026-04-02T22:00:00Z"
    refused = await freeze(gym, active, start="2026-05-01", until="2026-05-02", expect=409)
    assert refused["code"] == "freezes_exceeded"
    exempt = {"start": "2026-05-01", "until": "2026-06-01", "beyond_limits": True}
    answer = await freeze(gym, active, expect=422, **exempt)
    assert (answer["code"], answer["field"]) == ("reason_missing", "reason")
    await freeze(gym, active, reason="a child was born", **exempt)


async def test_a_fee_is_told_of_when_it_falls_due(gym: Any) -> None:
    rules = FEE | {"fee_every": {"interval": "week", "count": 1}, "free_days": 7}
    active = await gym.active(freeze_rules=rules)
    frozen = await freeze(gym, active)
    assert await told(gym, active, MembershipFreezeFeeDue) == []
    await gym.pass_time(15 * DAY)
    fees = await told(gym, active, MembershipFreezeFeeDue)
    assert [(each.number, each.fee.amount) for each in fees] == [(1, 500), (2, 500)]
    assert {str(each.overlay_id) for each in fees} == {frozen["id"]}
    await gym.delete(f"/memberships/{active['id']}/freezes/{frozen['id']}")
    await gym.pass_time(60 * DAY)
    assert len(await told(gym, active, MembershipFreezeFeeDue)) == 2


async def test_a_fee_without_free_days_is_due_at_once_unless_it_is_waived(gym: Any) -> None:
    active = await gym.active(freeze_rules=FEE)
    await freeze(gym, active, until="2026-03-12")
    assert len(await told(gym, active, MembershipFreezeFeeDue)) == 1
    await freeze(
        gym, active, start="2026-03-15", until="2026-03-20", free_of_charge=True, reason="ours"
    )
    taken_back = await freeze(gym, active, start="2026-03-22", until="2026-03-25")
    await gym.delete(f"/memberships/{active['id']}/freezes/{taken_back['id']}")
    await gym.pass_time(60 * DAY)
    assert len(await told(gym, active, MembershipFreezeFeeDue)) == 1


async def test_a_freeze_that_is_dated_back_gives_back_the_time_that_was_paid(gym: Any) -> None:
    active = await gym.active()
    await gym.pass_time(20 * DAY)
    refused = await freeze(gym, active, start="2026-03-05", expect=422)
    assert refused["code"] == "reason_missing"
    await freeze(gym, active, start="2026-03-05", until="2026-04-01", reason="hospital")
    [back] = await told(gym, active, MembershipTimeGivenBack)
    assert (back.cause, back.days, back.start.isoformat()[:10]) == ("freeze", 17, "2026-03-04")
    assert back.until == gym.clock.now()
    before = {"start": "2026-02-20", "until": "2026-03-01", "reason": "hospital"}
    early = await freeze(gym, active, **before, expect=422)
    assert (early["code"], early["field"]) == ("date_out_of_range", "start")


async def test_a_freeze_from_the_next_renewal(gym: Any) -> None:
    active = await gym.active()
    frozen = await freeze(gym, active, at_renewal=True, until="2026-05-01")
    [overlay] = frozen["membership"]["overlays"]
    assert overlay["start"] == active["paid_until"]
    odd = await freeze(gym, active, at_renewal=True, start="2026-08-01", expect=422)
    assert odd["code"] == "invalid_input"


async def test_the_term_ends_later_by_the_days_of_a_freeze(gym: Any) -> None:
    active = await gym.active(
        conditions={"initial_term": {"interval": "month", "count": 12}},
        freeze_rules={"extends_term": True},
    )
    await freeze(gym, active, start="2026-04-01", until="2026-04-11")
    await freeze(gym, active, start="2026-05-01", until="2026-05-04", extends_term=False)
    ways = await gym.get(f"/memberships/{active['id']}/cancellation")
    assert ways["term_end"] == "2027-03-11T23:00:00Z"


async def test_a_fixed_end_moves_with_a_freeze_and_is_noticed_then(gym: Any) -> None:
    month = {"initial_term": {"interval": "month", "count": 1}, "after_initial_term": "end"}
    active = await gym.active(conditions=month, freeze_rules={"extends_term": True})
    assert active["end"] == "2026-04-01T22:00:00Z"
    frozen = await freeze(gym, active, start="2026-03-10", until="2026-03-20")
    assert frozen["membership"]["end"] == "2026-04-11T22:00:00Z"
    await gym.pass_time(35 * DAY)
    assert (await gym.get(f"/memberships/{active['id']}"))["contract"] == "active"
    await gym.pass_time(10 * DAY)
    over = await gym.get(f"/memberships/{active['id']}")
    assert (over["contract"], over["end_reason"]) == ("ended", "expired")


async def test_a_freeze_may_leave_access_as_it_is(gym: Any) -> None:
    active = await gym.active()
    frozen = await freeze(gym, active, stops_access=False)
    [overlay] = (await gym.told(active["id"]))[-1].data.membership.overlays
    assert (overlay.stops_access, overlay.stops_billing) == (False, True)
    assert frozen["membership"]["overlays"][0]["stops_access"] is False
