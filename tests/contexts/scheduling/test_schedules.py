"""Series of classes: made ahead, kept up, changed, split and ended."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.scheduling.bookings import booked
from contexts.scheduling.town import Gym, Town

MONDAYS = "FREQ=WEEKLY;BYDAY=MO"
"""The clock stands on Monday, 2 March 2026, 9:00 UTC, 10:00 in Vienna; there the clocks go forward
on 29 March."""


async def series(gym: Gym, location: str | None = None, **changes: Any) -> Any:
    location = location or await gym.location()
    kind = await gym.class_type()
    body = {
        "location_id": location,
        "class_type_id": kind["id"],
        "rule": MONDAYS,
        "start_time": "18:00:00",
        "capacity": 10,
    }
    return await gym.post("/schedules", body | changes)


async def classes(gym: Gym, schedule_id: str) -> Sequence[Any]:
    """All of a schedule, in the order of their dates."""
    found: Sequence[Any] = await gym.sql(
        "SELECT id::text AS id, on_date, start_at, until_at, status, cause, capacity, edited,"
        " taken, room_id, name FROM scheduling.class WHERE schedule_id = :id ORDER BY on_date",
        id=schedule_id,
    )
    return found


async def dates(gym: Gym, schedule_id: str, status: str = "scheduled") -> list[str]:
    return [str(each.on_date) for each in await classes(gym, schedule_id) if each.status == status]


async def changed(gym: Gym, schedule: Any, scope: str = "all", **said: Any) -> Any:
    """The answer to a change; `from_date` and `dry` are about the change itself."""
    body: dict[str, Any] = {"scope": scope}
    if "from_date" in said:
        body["from"] = said.pop("from_date")
    headers = {"Dry-Run": "true"} if said.pop("dry", False) else {}
    expect = said.pop("expect", 200)
    path = f"/schedules/{schedule['id']}/changes"
    return await gym.post(path, body | {"changes": said}, expect=expect, **headers)


def effects(**counts: int) -> dict[str, int]:
    return {"changed": 0, "made": 0, "cancelled": 0, "removed": 0, "bookings": 0} | counts


async def test_classes_stand_ten_weeks_ahead_at_the_same_wall_clock_time(gym: Gym) -> None:
    made = await series(gym)
    found = await classes(gym, made["id"])
    assert made["made"] == len(found) == 10
    assert found[0].on_date == date(2026, 3, 2)
    assert found[-1].on_date == date(2026, 5, 4)
    assert {f"{each.start_at:%H}" for each in found[:4]} == {"17"}
    assert {f"{each.start_at:%H}" for each in found[4:]} == {"16"}
    assert (await gym.told_types()).count("class.scheduled") == 10
    assert await gym.get(f"/schedules/{made['id']}") == {
        name: value for name, value in made.items() if name != "made"
    }
    await gym.sound()


async def test_a_class_that_would_have_begun_already_is_not_made(gym: Gym) -> None:
    made = await series(gym, start_time="09:59:00")
    assert (await dates(gym, made["id"]))[0] == "2026-03-09"


async def test_every_day_the_timetable_reaches_a_day_further_and_no_class_is_made_twice(
    gym: Gym,
) -> None:
    made = await series(gym)
    await gym.pass_time(timedelta(days=6))
    assert len(await classes(gym, made["id"])) == 11
    await gym.pass_time(timedelta(days=8))
    assert (await dates(gym, made["id"]))[-2:] == ["2026-05-11", "2026-05-18"]
    await gym.sql("UPDATE scheduling.schedule SET generated_until = '2026-03-01'")
    await gym.pass_time(timedelta(days=1))
    found = await dates(gym, made["id"])
    assert len(set(found)) == len(found) == 13
    await gym.sound()


async def test_a_series_has_an_end_and_exceptions(gym: Gym) -> None:
    made = await series(gym, ends_before="2026-03-23", except_on=["2026-03-09"])
    assert await dates(gym, made["id"]) == ["2026-03-02", "2026-03-16"]
    await gym.pass_time(timedelta(days=90))
    assert len(await classes(gym, made["id"])) == 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"rule": "FREQ=HOURLY"}, "rule"),
        ({"rule": "FREQ=WEEKLY;UNTIL=20300101"}, "rule"),
        ({"ends_before": "2026-03-02", "starts_on": "2026-03-02"}, "ends_before"),
        ({"start_time": "18:00:00Z"}, "start_time"),
        ({"capacity": None}, "capacity"),
        ({"starts_on": "0001-01-01", "rule": "FREQ=DAILY;COUNT=9"}, "starts_on"),
        ({"starts_on": "9999-12-31"}, "starts_on"),
    ],
)
async def test_a_series_that_cannot_be_is_refused(gym: Gym, given: Any, field: str) -> None:
    location, kind = await gym.location(), await gym.class_type()
    body = {
        "location_id": location,
        "class_type_id": kind["id"],
        "rule": MONDAYS,
        "start_time": "18:00:00",
        "capacity": 10,
    }
    assert field in str(await gym.post("/schedules", body | given, expect=422))


async def test_a_series_finds_its_room_taken_unless_it_takes_it_all_the_same(gym: Gym) -> None:
    location = await gym.location()
    room = (await gym.room(location))["id"]
    first = await series(gym, location, room_id=room)
    body = {
        "location_id": location,
        "class_type_id": first["class_type_id"],
        "room_id": room,
        "rule": MONDAYS,
        "start_time": "18:30:00",
        "capacity": 1,
    }
    refused = await gym.post("/schedules", body, expect=409)
    assert (refused["code"], refused["field"]) == ("occupied", "room_id")
    assert len((await gym.get("/schedules"))["items"]) == 1
    await gym.post("/schedules", body | {"override_conflicts": True})
    # Both go on by themselves.
    await gym.pass_time(timedelta(days=7))
    assert len(await classes(gym, first["id"])) == 11
    await gym.sound()


async def test_all_that_is_ahead_changes_and_bookings_follow(gym: Gym) -> None:
    made = await series(gym)
    found = await classes(gym, made["id"])
    ada = await booked(gym, found[1].id)
    gym.clock.advance(timedelta(days=1))
    answer = await changed(gym, made, start_time="19:30:00", capacity=12)
    assert answer["effects"] == effects(changed=9, made=1, bookings=1)
    assert answer["schedule"]["id"] == made["id"]
    after = await classes(gym, made["id"])
    assert after[0] == found[0]
    assert [f"{each.start_at:%H:%M}" for each in after[1:5]] == ["18:30"] * 3 + ["17:30"]
    assert {each.capacity for each in after[1:]} == {12}
    assert len(after) == 11
    assert await gym.told_types(found[1].id) == ["class.scheduled", "class.changed"]
    assert await gym.told_types(ada) == ["booking.moved"]
    assert (await changed(gym, made, capacity=12))["effects"] == effects()
    await gym.sound()


async def test_what_was_changed_for_one_date_alone_stays(gym: Gym) -> None:
    made = await series(gym)
    found = await classes(gym, made["id"])
    await gym.patch(f"/classes/{found[1].id}", {"local_start": "2026-03-10T20:00:00"})
    await gym.patch(f"/classes/{found[2].id}", {"capacity": 3})
    await changed(gym, made, start_time="17:00:00", capacity=20, minutes=30)
    after = await classes(gym, made["id"])
    assert [list(each.edited) for each in after[1:4]] == [["start"], ["capacity"], []]
    assert [f"{each.start_at:%d %H}" for each in after[1:4]] == ["10 19", "16 16", "23 16"]
    assert [each.capacity for each in after[1:4]] == [20, 3, 20]
    assert {each.until_at - each.start_at for each in after} == {timedelta(minutes=30)}
    assert after[1].on_date == date(2026, 3, 9)


async def test_from_a_date_on_a_series_is_another_one(gym: Gym) -> None:
    made = await series(gym)
    found = await classes(gym, made["id"])
    ada = await booked(gym, found[3].id)
    answer = await changed(gym, made, "following", from_date="2026-03-17", start_time="07:00:00")
    new = answer["schedule"]
    assert (new["follows"], new["starts_on"]) == (made["id"], "2026-03-23")
    assert answer["effects"] == effects(changed=7, bookings=1)
    old = await gym.get(f"/schedules/{made['id']}")
    assert old["ends_before"] == "2026-03-17"
    assert await dates(gym, made["id"]) == ["2026-03-02", "2026-03-09", "2026-03-16"]
    after = await classes(gym, new["id"])
    assert [each.id for each in after] == [each.id for each in found[3:]]
    assert f"{after[0].start_at:%H}" == "06"
    assert await gym.told_types(ada) == ["booking.moved"]
    await gym.pass_time(timedelta(days=7))
    assert len(await classes(gym, made["id"])) == 3
    assert len(await classes(gym, new["id"])) == 8
    await gym.sound()


async def test_a_part_of_a_series_goes_on_in_the_same_weeks_and_counts_on(gym: Gym) -> None:
    made = await series(gym, rule="FREQ=WEEKLY;INTERVAL=2;COUNT=4")
    before = await dates(gym, made["id"])
    assert before == ["2026-03-02", "2026-03-16", "2026-03-30", "2026-04-13"]
    answer = await changed(gym, made, "following", from_date="2026-03-10", capacity=1)
    assert answer["effects"] == effects(changed=3)
    assert await dates(gym, answer["schedule"]["id"]) == before[1:]
    assert "COUNT=3" in answer["schedule"]["rule"]
    refused = await changed(
        gym, answer["schedule"], "following", from_date="2026-04-14", capacity=2, expect=422
    )
    assert refused["field"] == "from"
    refused = await changed(gym, made, "following", from_date="9999-12-31", expect=422)
    assert refused["field"] == "from"


async def test_dates_that_fall_out_are_cancelled_for_those_who_booked(gym: Gym) -> None:
    location = await gym.location()
    room = (await gym.room(location))["id"]
    made = await series(gym, location, room_id=room)
    found = await classes(gym, made["id"])
    ada = await booked(gym, found[1].id, credits=1)
    await booked(gym, found[2].id, status="cancelled")
    rehearsed = await changed(gym, made, rule="FREQ=WEEKLY;BYDAY=TU", dry=True)
    answer = await changed(gym, made, rule="FREQ=WEEKLY;BYDAY=TU")
    assert answer["effects"] == effects(made=10, cancelled=2, removed=8, bookings=1)
    assert rehearsed["effects"] == answer["effects"]
    assert await dates(gym, made["id"], "cancelled") == ["2026-03-09", "2026-03-16"]
    assert (await dates(gym, made["id"]))[0] == "2026-03-03"
    [told] = await gym.told(ada)
    assert (told.data.ending, told.data.credits_back) == ("by_gym", 1)
    assert await gym.told_types(found[3].id) == ["class.scheduled", "class.cancelled"]
    assert (await gym.told(found[3].id))[-1].data.cause == "schedule"
    await gym.sound()


async def test_a_new_time_that_meets_the_old_ones_of_the_same_series_is_free(gym: Gym) -> None:
    location = await gym.location()
    room = (await gym.room(location))["id"]
    made = await series(gym, location, room_id=room, rule="FREQ=DAILY", minutes=23 * 60)
    answer = await changed(gym, made, start_time="20:00:00")
    assert answer["effects"]["changed"] == 70
    await gym.sound()


async def test_a_series_ends_from_a_date_on(gym: Gym) -> None:
    made = await series(gym)
    found = await classes(gym, made["id"])
    await booked(gym, found[4].id)
    path = f"/schedules/{made['id']}/end"
    rehearsed = await gym.post(path, {"from": "2026-03-23"}, expect=200, **{"Dry-Run": "true"})
    answer = await gym.post(path, {"from": "2026-03-23"}, expect=200)
    assert answer["effects"] == effects(cancelled=1, removed=6, bookings=1)
    assert rehearsed["effects"] == answer["effects"]
    assert await dates(gym, made["id"]) == ["2026-03-02", "2026-03-09", "2026-03-16"]
    assert (await gym.post(path, {"from": "2026-03-30"}, expect=422))["field"] == "from"
    answer = await gym.post(path, {"from": "2026-03-01"}, expect=200)
    assert answer["effects"] == effects(removed=3)
    await gym.pass_time(timedelta(days=30))
    assert await dates(gym, made["id"]) == []
    await gym.sound()


async def test_on_holidays_there_is_nothing_unless_it_is_meant(gym: Gym) -> None:
    location = await gym.location()
    await gym.closed_on(location, "2026-04-06")
    made = await series(gym, location)
    always = await series(gym, location, on_holidays=True)
    assert "2026-04-06" not in await dates(gym, made["id"])
    assert "2026-04-06" in await dates(gym, always["id"])


async def test_days_that_are_closed_later_are_cancelled_and_made_when_they_are_open_again(
    gym: Gym,
) -> None:
    location, elsewhere = await gym.location(), await gym.location()
    made = await series(gym, location)
    always = await series(gym, location, on_holidays=True)
    there = await series(gym, elsewhere)
    await gym.closed_on(location, "2026-05-11")
    await gym.work()
    await gym.closed_on(location, "2026-05-11", "2026-03-09")
    easter = (await classes(gym, made["id"]))[1]
    ada = await booked(gym, easter.id, credits=1)
    await gym.work()
    assert await dates(gym, made["id"], "cancelled") == ["2026-03-09"]
    assert await dates(gym, always["id"], "cancelled") == []
    assert await dates(gym, there["id"], "cancelled") == []
    [told] = await gym.told(ada)
    assert (told.data.ending, told.data.fee, told.data.credits_back) == ("by_gym", None, 1)
    assert (await gym.told(easter.id))[-1].data.cause == "holiday"
    await gym.pass_time(timedelta(days=7))
    assert "2026-05-11" not in await dates(gym, made["id"])
    await gym.closed_on(location)
    await gym.work()
    # A day that was skipped is made up for; what was cancelled stays so.
    assert "2026-05-11" in await dates(gym, made["id"])
    assert "2026-03-09" not in await dates(gym, made["id"])
    await gym.sound()


async def test_a_class_put_on_a_closed_day_on_purpose_stays(gym: Gym) -> None:
    location = await gym.location()
    await gym.closed_on(location, "2026-04-06")
    await gym.work()
    kind = await gym.class_type()
    body = {"location_id": location, "class_type_id": kind["id"], "capacity": 1}
    easter = await gym.post("/classes", body | {"local_start": "2026-04-06T10:00:00"})
    may = await gym.post("/classes", body | {"local_start": "2026-05-01T10:00:00"})
    await gym.closed_on(location, "2026-04-06", "2026-05-01")
    await gym.work()
    found = dict(await gym.sql("SELECT id::text, status FROM scheduling.class"))
    assert found == {easter["id"]: "scheduled", may["id"]: "cancelled"}


async def test_a_location_that_closes_for_good_has_no_classes_any_more(gym: Gym) -> None:
    location = await gym.location()
    made = await series(gym, location, rule="FREQ=DAILY;INTERVAL=1")
    await gym.location(UUID(location), status="closed")
    await gym.work()
    assert await dates(gym, made["id"]) == []
    assert len(await dates(gym, made["id"], "cancelled")) == 70
    await gym.pass_time(timedelta(days=10))
    assert len(await classes(gym, made["id"])) == 70
    body = {"location_id": location, "class_type_id": made["class_type_id"], "capacity": 1}
    body |= {"local_start": "2026-04-06T10:00:00"}
    assert (await gym.post("/classes", body, expect=422))["field"] == "location_id"
    await gym.sound()


async def test_another_organisations_series_is_out_of_reach(town: Town) -> None:
    made = await series(town.theirs)
    path = f"/schedules/{made['id']}"
    await town.ours.get(path, expect=404)
    await town.ours.post(f"{path}/end", {"from": "2026-04-01"}, expect=404)
    await changed(town.ours, made, capacity=1, expect=404)
    assert (await town.ours.get("/schedules"))["items"] == []


async def test_who_works_there_reads_series_and_members_do_not(gym: Gym) -> None:
    made = await series(gym)
    paths = ("/api/v1/schedules", f"/api/v1/schedules/{made['id']}")
    for role in ("front_desk", "instructor", "support"):
        desk = gym.in_role(role)
        listed, one = [await desk.get(each) for each in paths]
        assert [each["id"] for each in listed.json()["items"]] == [made["id"]]
        assert one.json()["rule"] == MONDAYS
        end = await desk.post(f"{paths[1]}/end", json={"from": "2026-04-01"})
        assert end.status_code == 403
    for nobody in (gym.member(), gym.in_role("kiosk")):
        assert [(await nobody.get(each)).status_code for each in paths] == [403, 403]
