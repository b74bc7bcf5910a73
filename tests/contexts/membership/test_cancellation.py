"""Cancelling, and taking it back."""

from datetime import timedelta
from typing import Any

from gymhopper.contracts.membership.events import (
    MembershipCancellationRevoked,
    MembershipCancellationScheduled,
)


async def cancel(gym: Any, membership: Any, *, expect: int = 200, **body: Any) -> Any:
    return await gym.post(
        f"/memberships/{membership['id']}/cancel", {"reason": "moved away"} | body, expect=expect
    )


async def test_cancelled_now_it_has_ended(gym: Any) -> None:
    active = await gym.active()
    await gym.pass_time(timedelta(days=3))
    ended = await cancel(gym, active, when="now")
    assert (ended["contract"], ended["label"], ended["end_reason"]) == (
        "ended",
        "cancelled",
        "cancelled",
    )
    assert (ended["end"], ended["cancellation_reason"]) == ("2026-03-05T09:00:00Z", "moved away")
    assert (await gym.told_types(active["id"]))[-1] == "ended"


async def test_cancelled_at_the_end_of_the_period_it_runs_until_then(gym: Any) -> None:
    active = await gym.active()
    noticed = await cancel(gym, active, when="period_end")
    assert (noticed["contract"], noticed["label"]) == ("under_notice", "active")
    assert noticed["end"] == noticed["paid_until"] == "2026-04-02T09:00:00Z"

    await gym.pass_time(timedelta(days=31) - timedelta(seconds=1))
    assert (await gym.get(f"/memberships/{active['id']}"))["contract"] == "under_notice"

    gym.clock.advance(timedelta(seconds=1))
    late = await gym.get(f"/memberships/{active['id']}")
    assert (late["contract"], late["label"]) == ("under_notice", "cancelled")

    await gym.pass_time(timedelta())
    over = await gym.get(f"/memberships/{active['id']}")
    assert (over["contract"], over["end"]) == ("ended", "2026-04-02T09:00:00Z")
    assert await gym.told_types(active["id"]) == [
        "purchased",
        "activated",
        "cancellation_scheduled",
        "ended",
    ]


async def test_cancelled_for_a_day_it_ends_as_that_day_begins_in_its_zone(gym: Any) -> None:
    active = await gym.active()
    noticed = await cancel(gym, active, when="date", at="2026-06-01")
    assert noticed["end"] == "2026-05-31T22:00:00Z"


async def test_a_cancellation_can_be_moved(gym: Any) -> None:
    active = await gym.active()
    await cancel(gym, active, when="date", at="2026-05-01")
    await gym.collection(active["id"], (await gym.told(active["id"]))[-1].data.membership.end)
    moved = await cancel(gym, active, when="date", at="2026-06-01")
    assert moved["end"] == "2026-05-31T22:00:00Z"


async def test_a_cancellation_can_be_taken_back_until_the_end(gym: Any) -> None:
    active = await gym.active()
    await cancel(gym, active, when="period_end")
    revoked = await gym.post(f"/memberships/{active['id']}/cancellation/revoke", expect=200)
    assert (revoked["contract"], revoked["end"], revoked["end_reason"]) == ("active", None, None)
    last = (await gym.told(active["id"]))[-1].data
    assert isinstance(last, MembershipCancellationRevoked)
    assert last.origin == "contract"

    await gym.pass_time(timedelta(days=400))
    assert (await gym.get(f"/memberships/{active['id']}"))["contract"] == "active"


async def test_an_end_that_has_come_is_not_taken_back_even_before_anybody_noticed(
    gym: Any,
) -> None:
    active = await gym.active()
    await cancel(gym, active, when="period_end")
    gym.clock.advance(timedelta(days=31))
    answer = await gym.post(f"/memberships/{active['id']}/cancellation/revoke", expect=409)
    assert answer["code"] == "illegal_transition"


async def test_what_is_not_under_notice_cannot_be_revoked(gym: Any) -> None:
    active = await gym.active()
    answer = await gym.post(f"/memberships/{active['id']}/cancellation/revoke", expect=409)
    assert answer["code"] == "illegal_transition"


async def test_an_ended_membership_cannot_be_cancelled_again(gym: Any) -> None:
    active = await gym.active()
    await cancel(gym, active, when="now")
    before = await gym.told(active["id"])
    answer = await cancel(gym, active, when="now", expect=409)
    assert answer["code"] == "illegal_transition"
    assert await gym.told(active["id"]) == before


async def test_a_pending_one_can_be_cancelled_only_now(gym: Any) -> None:
    pending = await gym.pending()
    answer = await cancel(gym, pending, when="period_end", expect=409)
    assert answer["code"] == "illegal_transition"
    ended = await cancel(gym, pending, when="now")
    assert (ended["contract"], ended["start"]) == ("ended", None)
    # Its payment was under way: it is kept, and opens nothing.
    await gym.paid(pending["id"])
    paid = await gym.get(f"/memberships/{pending['id']}")
    assert (paid["contract"], paid["label"]) == ("ended", "cancelled")
    assert paid["end"] == paid["start"]


async def test_an_end_lies_ahead_and_in_reach(gym: Any) -> None:
    active = await gym.active()
    for day in (None, "2026-03-02", "9999-12-31", "0001-01-01"):
        answer = await cancel(gym, active, expect=422, when="date", at=day)
        assert (answer["code"], answer["field"]) == ("date_out_of_range", "at"), day


async def test_who_announced_the_end_is_told(gym: Any) -> None:
    active = await gym.active()
    await cancel(gym, active, when="period_end")
    last = (await gym.told(active["id"]))[-1]
    assert isinstance(last.data, MembershipCancellationScheduled)
    assert last.data.origin == "contract"
    assert last.actor.startswith("staff:")
