"""What a debt leads to, on a real database."""

from datetime import timedelta
from typing import Any

from gymhopper.contracts.membership.events import (
    MembershipDebtStageReached,
    MembershipTimeGivenBack,
)

DAY = timedelta(days=1)
RULES = {
    "debt": {
        "remind": {"after_days": 0},
        "no_booking": {"after_days": 3},
        "terminate": {"after_days": 30},
        "credits_lockout": True,
    }
}


async def reached(gym: Any, membership: Any) -> list[str]:
    told = [each.data for each in await gym.told(membership["id"])]
    return [each.stage for each in told if isinstance(each, MembershipDebtStageReached)]


async def test_each_stage_of_a_debt_is_told_of_once_as_it_comes(gym: Any) -> None:
    active = await gym.active(conditions=RULES)
    since = gym.clock.now()
    await gym.owed(active["id"], since)
    seen = await gym.get(f"/memberships/{active['id']}")
    assert {each["stage"]: each["at"][:10] for each in seen["debt_stages"]} == {
        "remind": "2026-03-02",
        "no_booking": "2026-03-05",
        "no_entry": "2026-03-09",
        "terminate": "2026-04-01",
    }
    assert seen["no_entry_from"] == "2026-03-09T09:00:00Z"
    assert await reached(gym, active) == ["remind"]
    await gym.owed(active["id"], since)
    await gym.pass_time(8 * DAY)
    await gym.pass_time(timedelta())
    assert await reached(gym, active) == ["remind", "no_booking", "no_entry"]


async def test_paying_in_full_restores_at_once_and_gives_back_the_days_without_entry(
    gym: Any,
) -> None:
    active = await gym.active(conditions=RULES)
    await gym.owed(active["id"], gym.clock.now())
    await gym.pass_time(12 * DAY)
    await gym.owed(active["id"], None)
    seen = await gym.get(f"/memberships/{active['id']}")
    assert (seen["label"], seen["no_entry_from"], seen["debt_stages"]) == ("active", None, [])
    back = (await gym.told(active["id"]))[-1].data
    assert isinstance(back, MembershipTimeGivenBack)
    assert (back.cause, back.days) == ("lockout", 5)
    # What was owed is told of no more, and a debt that never closed the door gives nothing back.
    await gym.pass_time(60 * DAY)
    assert (await gym.told_types(active["id"]))[-1] == "time_given_back"
    await gym.owed(active["id"], gym.clock.now())
    await gym.pass_time(2 * DAY)
    await gym.owed(active["id"], None)
    assert (await gym.told_types(active["id"])).count("time_given_back") == 1


async def test_the_last_stage_ends_the_contract(gym: Any) -> None:
    active = await gym.active(conditions=RULES)
    since = gym.clock.now()
    await gym.owed(active["id"], since)
    await gym.pass_time(30 * DAY)
    over = await gym.get(f"/memberships/{active['id']}")
    assert (over["contract"], over["end_reason"]) == ("ended", "terminated")
    assert over["overdue_since"] == "2026-03-02T09:00:00Z"
    assert (await gym.told_types(active["id"]))[-2:] == ["debt_stage_reached", "ended"]
    # Paid late, it stays ended.
    await gym.owed(active["id"], None)
    assert (await gym.get(f"/memberships/{active['id']}"))["contract"] == "ended"


async def test_a_debt_that_is_paid_in_time_ends_nothing(gym: Any) -> None:
    active = await gym.active(conditions=RULES)
    await gym.owed(active["id"], gym.clock.now())
    await gym.pass_time(29 * DAY)
    await gym.owed(active["id"], None)
    await gym.pass_time(60 * DAY)
    assert (await gym.get(f"/memberships/{active['id']}"))["contract"] == "active"
