"""What an organisation says of its bookings, and what holds because of it."""

from typing import Any

import pytest

from contexts.scheduling.town import Gym, Town

FEE = {"amount": 1000, "currency": "EUR"}


async def test_what_says_more_exactly_which_classes_weighs_more(gym: Gym) -> None:
    here, there = await gym.location(), await gym.location()
    kind = (await gym.class_type())["id"]
    of = {"organisation_id": str(gym.organisation_id)}

    async def say(rules: Any, **where: str) -> Any:
        return await gym.put("/booking-rules", {"rules": rules, **where})

    await say({"free_minutes": 60, "guests": 1, "late_fee": FEE, "waitlist": 5})
    await say({"free_minutes": 120, "guests": 2, "opening": {"days": 7}}, location_id=here)
    await say({"free_minutes": 180, "guests": 3}, class_type_id=kind)
    both = await say({"free_minutes": 240}, location_id=here, class_type_id=kind)

    held = [
        (await gym.get("/booking-rules", **of, **where))["rules"]
        for where in (
            {},
            {"location_id": here},
            {"location_id": there},
            {"class_type_id": kind},
            {"location_id": here, "class_type_id": kind},
        )
    ]
    assert [each["free_minutes"] for each in held] == [60, 120, 60, 180, 240]
    assert [each["guests"] for each in held] == [1, 2, 1, 3, 3]
    assert {each["waitlist"] for each in held} == {5}
    assert [bool(each["opening"]) for each in held] == [False, True, False, False, True]
    assert held[-1]["late_fee"] == FEE
    assert both["rules"] == held[-1]
    assert [each["rules"].get("free_minutes") for each in both["said"]] == [60, 120, 180, 240]


async def test_what_is_said_again_replaces_what_was_said(gym: Gym) -> None:
    await gym.put("/booking-rules", {"rules": {"waitlist": 5, "guests": 1}})
    said = await gym.put("/booking-rules", {"rules": {"waitlist": None}})
    assert said["rules"]["waitlist"] is None
    assert said["rules"]["guests"] == 0
    assert said["said"][0]["rules"] == {"waitlist": None}


async def test_rules_are_said_to_the_version_that_was_seen(gym: Gym) -> None:
    path, body = "/api/v1/booking-rules", {"rules": {"guests": 1}}
    tag = (await gym.http.get(path, params={"organisation_id": gym.organisation_id})).headers[
        "etag"
    ]
    answers = [await gym.http.put(path, json=body, headers={"If-Match": tag}) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 412]


@pytest.mark.parametrize(
    "rules",
    [
        {"free_minutes": -1},
        {"unmarked": "perhaps"},
        {"opening": {"days": 400}},
        {"no_such_rule": 1},
        {"waitlist": 100_001},
    ],
)
async def test_rules_that_cannot_be_are_refused(gym: Gym, rules: Any) -> None:
    await gym.put("/booking-rules", {"rules": rules}, expect=422)


async def test_nobody_says_what_holds_elsewhere(town: Town) -> None:
    location = await town.theirs.location()
    kind = (await town.theirs.class_type())["id"]
    body = {"rules": {"guests": 9}}
    for where in (
        {"location_id": location},
        {"class_type_id": kind},
        {"organisation_id": str(town.theirs.organisation_id)},
    ):
        await town.ours.put("/booking-rules", body | where, expect=404)
    of = {"organisation_id": str(town.theirs.organisation_id)}
    await town.ours.get("/booking-rules", expect=404, **of)
    assert (await town.theirs.get("/booking-rules", **of))["said"] == []
