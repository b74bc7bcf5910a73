"""What a plan covers stays as it was sold: limits, areas, classes, and the home location."""

from datetime import date, timedelta
from typing import Any

import pytest

from contexts.membership.conftest import GRAZ, WIEN
from gymhopper.contracts.membership.events import Cycle, MembershipEvent, MembershipHomeMoved
from gymhopper.kernel.ids import new_id

HOME = {"include": [{"home": True}, {"tier_up_to": 1}]}


async def test_a_rule_is_answered_as_it_was_given_and_told_as_it_was_sold(gym: Any) -> None:
    area, dance = str(new_id()), str(new_id())
    coverage = {
        "include": [{"areas": [area]}],
        "quotas": [
            {"visits": 2, "per": "day", "scope": "network"},
            {"visits": 3, "per": "week", "scope": "location"},
            {"visits": 9, "per": "period", "scope": "organisation"},
        ],
        "class_types": [dance],
    }
    bought = await gym.active(coverage=coverage)
    assert bought["coverage"]["include"][0]["areas"] == [area]
    assert bought["coverage"]["quotas"] == coverage["quotas"]
    assert bought["coverage"]["class_types"] == [dance]
    event = (await gym.told(bought["id"]))[-1].data
    assert isinstance(event, MembershipEvent)
    assert [each.per for each in event.membership.coverage.limits] == ["day", "week", "period"]
    assert event.membership.cycle == Cycle(first_day=date(2026, 3, 2), interval="month", count=1)


async def test_periods_are_counted_from_the_day_after_a_trial(gym: Any) -> None:
    bought = await gym.pending(offer={"trial": {"days": 14}})
    event = (await gym.told(bought["id"]))[-1].data
    assert event.membership.cycle.first_day == date(2026, 3, 16)


async def test_a_plan_with_a_home_is_bought_with_one(gym: Any) -> None:
    member, plan = await gym.member(), await gym.plan(coverage=HOME)
    path = f"/members/{member['id']}/memberships"
    missing = await gym.post(path, gym.order(plan), expect=422)
    assert (missing["code"], missing["field"]) == ("home_missing", "home_location_id")
    unknown = gym.order(plan, home_location_id=str(new_id()))
    assert (await gym.post(path, unknown, expect=404))["field"] == "home_location_id"
    bought = await gym.post(path, gym.order(plan, home_location_id=str(WIEN)))
    assert bought["homes"] == [{"location_id": str(WIEN), "start": "2026-03-02T09:00:00Z"}]


@pytest.mark.parametrize(
    "include",
    [[{}], [{"home": True, "cities": ["Wien"]}], [{"home": True, "locations": [str(WIEN)]}]],
)
async def test_a_home_is_where_the_plan_has_one(gym: Any, include: Any) -> None:
    member, plan = await gym.member(), await gym.plan(coverage={"include": include})
    order = gym.order(plan, home_location_id=str(GRAZ))
    answer = await gym.post(f"/members/{member['id']}/memberships", order, expect=409)
    assert answer["code"] == "no_home_there"


async def at_home(gym: Any) -> Any:
    member, plan = await gym.member(), await gym.plan(coverage=HOME)
    order = gym.order(plan, home_location_id=str(WIEN))
    return await gym.post(f"/members/{member['id']}/memberships", order)


async def test_a_home_moves_on_its_day_in_the_contracts_zone(gym: Any) -> None:
    bought = await at_home(gym)
    path = f"/memberships/{bought['id']}/home"
    moved = await gym.post(path, {"location_id": str(GRAZ), "start": "2026-04-01"}, expect=200)
    assert [each["start"] for each in moved["homes"]] == [
        "2026-03-02T09:00:00Z",
        "2026-03-31T22:00:00Z",
    ]
    event = (await gym.told(bought["id"]))[-1].data
    assert isinstance(event, MembershipHomeMoved)
    assert [each.location_id for each in event.membership.homes] == [WIEN, GRAZ]


async def test_a_planned_move_is_taken_back_or_made_another(gym: Any) -> None:
    bought = await at_home(gym)
    path = f"/memberships/{bought['id']}/home"
    await gym.post(path, {"location_id": str(GRAZ), "start": "2026-04-01"}, expect=200)
    back = await gym.post(path, {"location_id": str(WIEN)}, expect=200)
    assert [each["location_id"] for each in back["homes"]] == [str(WIEN)]
    again = await gym.post(path, {"location_id": str(WIEN)}, expect=409)
    assert again["code"] == "illegal_transition"
    gym.clock.advance(timedelta(hours=1))
    now = await gym.post(path, {"location_id": str(GRAZ)}, expect=200)
    assert [each["start"][11:16] for each in now["homes"]] == ["09:00", "10:00"]


async def test_a_home_moves_neither_back_in_time_nor_years_ahead(gym: Any) -> None:
    bought = await at_home(gym)
    for day in ("2026-03-01", "2027-03-04"):
        body = {"location_id": str(GRAZ), "start": day}
        answer = await gym.post(f"/memberships/{bought['id']}/home", body, expect=422)
        assert (answer["code"], answer["field"]) == ("date_out_of_range", "start")
