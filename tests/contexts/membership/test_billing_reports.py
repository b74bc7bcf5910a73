"""What billing reports, and what a membership makes of it."""

from datetime import timedelta
from typing import Any

from gymhopper.contracts.membership.events import (
    MembershipCancellationRevoked,
    MembershipCancellationScheduled,
    MembershipRenewed,
)

DAY = timedelta(days=1)


async def test_a_further_payment_renews(gym: Any) -> None:
    active = await gym.active()
    await gym.paid(active["id"], start=gym.clock.now() + 31 * DAY, days=30)
    renewed = (await gym.told(active["id"]))[-1].data
    assert isinstance(renewed, MembershipRenewed)
    assert renewed.membership.paid_until == gym.clock.now() + 61 * DAY


async def test_an_earlier_period_that_is_reported_later_shortens_nothing(gym: Any) -> None:
    pending = await gym.pending()
    await gym.paid(pending["id"], start=gym.clock.now() + 31 * DAY, days=30)
    await gym.paid(pending["id"])
    now = await gym.get(f"/memberships/{pending['id']}")
    assert (now["start"], now["paid_until"]) == ("2026-03-02T09:00:00Z", "2026-05-02T09:00:00Z")


async def test_a_debt_leaves_the_door_open_for_the_plans_grace(gym: Any) -> None:
    active = await gym.active(entry_grace_days=3)
    await gym.owed(active["id"], gym.clock.now())
    owing = await gym.get(f"/memberships/{active['id']}")
    assert (owing["label"], owing["overdue_since"]) == ("past_due", "2026-03-02T09:00:00Z")
    assert owing["no_entry_from"] == "2026-03-05T09:00:00Z"

    await gym.owed(active["id"], None)
    clear = await gym.get(f"/memberships/{active['id']}")
    assert (clear["label"], clear["overdue_since"], clear["no_entry_from"]) == (
        "active",
        None,
        None,
    )
    assert (await gym.told_types(active["id"]))[-2:] == ["fell_overdue", "debt_cleared"]


async def test_a_first_payment_that_fails_opens_nothing_and_has_no_grace(gym: Any) -> None:
    pending = await gym.pending()
    await gym.owed(pending["id"], gym.clock.now())
    failed = await gym.get(f"/memberships/{pending['id']}")
    assert (failed["contract"], failed["label"], failed["start"]) == ("pending", "pending", None)
    assert failed["no_entry_from"] == failed["overdue_since"]


async def test_an_end_at_the_provider_ends_the_contract_and_says_where_it_came_from(
    gym: Any,
) -> None:
    active = await gym.active()
    await gym.collection(active["id"], gym.clock.now() + 31 * DAY)
    noticed = (await gym.told(active["id"]))[-1].data
    assert isinstance(noticed, MembershipCancellationScheduled)
    assert (noticed.origin, noticed.membership.contract) == ("collection", "under_notice")

    await gym.collection(active["id"], None)
    revoked = (await gym.told(active["id"]))[-1].data
    assert isinstance(revoked, MembershipCancellationRevoked)
    assert (revoked.origin, revoked.membership.end) == ("collection", None)


async def test_news_that_collection_goes_on_does_not_undo_a_members_own_cancellation(
    gym: Any,
) -> None:
    active = await gym.active()
    await gym.post(
        f"/memberships/{active['id']}/cancel", {"when": "period_end", "reason": ""}, expect=200
    )
    told = len(await gym.told(active["id"]))
    await gym.collection(active["id"], None)
    now = await gym.get(f"/memberships/{active['id']}")
    assert (now["contract"], now["end"]) == ("under_notice", "2026-04-02T09:00:00Z")
    # Collection hears once more where it ends.
    [envelope] = (await gym.told(active["id"]))[told:]
    again = envelope.data
    assert isinstance(again, MembershipCancellationScheduled)
    assert (again.origin, again.membership.end) == ("contract", gym.clock.now() + 31 * DAY)


async def test_the_echo_of_our_own_cancellation_says_nothing_new(gym: Any) -> None:
    active = await gym.active()
    await gym.post(
        f"/memberships/{active['id']}/cancel", {"when": "period_end", "reason": ""}, expect=200
    )
    before = await gym.told(active["id"])
    await gym.collection(active["id"], gym.clock.now() + 31 * DAY)
    await gym.pass_time(31 * DAY)
    await gym.collection(active["id"], gym.clock.now(), ended=True)
    assert [each.type for each in await gym.told(active["id"])] == [
        *(each.type for each in before),
        "membership.membership.ended.v1",
    ]


async def test_collection_that_stops_unannounced_lets_the_contract_expire(gym: Any) -> None:
    active = await gym.active()
    await gym.pass_time(2 * DAY)
    await gym.collection(active["id"], None, ended=True)
    over = await gym.get(f"/memberships/{active['id']}")
    assert (over["contract"], over["label"], over["end"]) == (
        "ended",
        "expired",
        "2026-03-04T09:00:00Z",
    )


async def test_collection_that_stops_as_announced_is_a_cancellation(gym: Any) -> None:
    active = await gym.active()
    await gym.collection(active["id"], gym.clock.now() + 2 * DAY)
    await gym.collection(active["id"], gym.clock.now() + 2 * DAY, ended=True)
    over = await gym.get(f"/memberships/{active['id']}")
    assert (over["contract"], over["label"]) == ("ended", "cancelled")


async def test_a_refund_ends_access_only_when_it_says_so(gym: Any) -> None:
    active = await gym.active()
    await gym.refunded(active["id"], "keep")
    assert (await gym.get(f"/memberships/{active['id']}"))["contract"] == "active"
    await gym.pass_time(DAY)
    await gym.refunded(active["id"], "end_now")
    over = await gym.get(f"/memberships/{active['id']}")
    assert (over["contract"], over["end_reason"], over["end"]) == (
        "ended",
        "terminated",
        "2026-03-03T09:00:00Z",
    )


async def test_a_debt_outlives_the_contract(gym: Any) -> None:
    active = await gym.active()
    await gym.owed(active["id"], gym.clock.now())
    await gym.collection(active["id"], None, ended=True)
    await gym.owed(active["id"], None)
    over = await gym.get(f"/memberships/{active['id']}")
    assert (over["contract"], over["overdue_since"]) == ("ended", None)
    assert (await gym.told_types(active["id"]))[-1] == "debt_cleared"


async def test_an_end_that_came_is_told_though_a_payment_arrives_before_the_timer(
    gym: Any,
) -> None:
    active = await gym.active()
    await gym.collection(active["id"], gym.clock.now() + DAY)
    gym.clock.advance(2 * DAY)
    await gym.paid(active["id"])
    assert (await gym.told_types(active["id"]))[-1] == "ended"
    await gym.pass_time(timedelta())
    assert (await gym.told_types(active["id"])).count("ended") == 1
