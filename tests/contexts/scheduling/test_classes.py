"""Classes that belong to no series: made, changed, cancelled, taught by somebody else."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.scheduling.bookings import booked
from contexts.scheduling.town import Gym, Town

EVENING = "2026-03-09T18:00:00"
"""A Monday's; the clock stands on 2 March 2026, 9:00 UTC."""


async def made(gym: Gym, location: str | None = None, **changes: Any) -> Any:
    """A class in Vienna."""
    location = location or await gym.location()
    kind = await gym.class_type()
    body = {
        "location_id": location,
        "class_type_id": kind["id"],
        "local_start": EVENING,
        "capacity": 10,
    }
    return await gym.post("/classes", body | changes)


async def test_a_class_is_at_the_wall_clock_of_its_location(gym: Gym) -> None:
    found = await made(gym)
    assert found["start_at"] == "2026-03-09T17:00:00Z"
    assert found["until_at"] == "2026-03-09T18:00:00Z"
    assert found["local_start"] == "2026-03-09T18:00:00+01:00"
    assert (found["name"], found["capacity"], found["status"]) == ("Cycling", 10, "scheduled")
    summer = await made(gym, local_start="2026-03-30T18:00:00")
    assert summer["start_at"] == "2026-03-30T16:00:00Z"
    assert await gym.told_types(found["id"]) == ["class.scheduled"]
    await gym.sound()


async def test_places_are_as_many_as_spots_that_work_unless_said(gym: Gym) -> None:
    location = await gym.location()
    spots = [{"name": str(n), "row": 0, "column": n, "out_of_order": n == 0} for n in range(4)]
    room = (await gym.room(location, spots=spots))["id"]
    found = await made(gym, location, room_id=room, capacity=None)
    assert found["capacity"] == 3
    refused = await gym.post(
        "/classes",
        {"location_id": location, "class_type_id": found["class_type_id"], "local_start": EVENING},
        expect=422,
    )
    assert refused["field"] == "capacity"


@pytest.mark.parametrize("what", ["room_id", "instructor_ids"])
async def test_nobody_and_nothing_is_in_two_classes_at_a_time(gym: Gym, what: str) -> None:
    location = await gym.location()
    room, joe = (await gym.room(location))["id"], await gym.instructor("Joe")
    with_it: Any = {"room_id": room} if what == "room_id" else {"instructor_ids": [joe]}
    first = await made(gym, location, **with_it)
    body = {
        "location_id": location,
        "class_type_id": first["class_type_id"],
        "local_start": "2026-03-09T18:30:00",
        "capacity": 1,
    } | with_it
    refused = await gym.post("/classes", body, expect=409)
    assert (refused["code"], refused["field"]) == ("occupied", what)
    name = "Hall" if what == "room_id" else "Joe"
    assert refused["detail"] == f"{name} is not free from 2026-03-09 18:00 to 19:00."
    after = await gym.post("/classes", body | {"local_start": "2026-03-09T19:00:00"})
    all_the_same = await gym.post("/classes", body | {"override_conflicts": True})
    # What was put there all the same is in the way like everything else.
    await gym.patch(f"/classes/{after['id']}", {"local_start": "2026-03-09T19:30:00"})
    between = body | {"local_start": "2026-03-09T19:00:00", "minutes": 15}
    assert (await gym.post("/classes", between, expect=409))["code"] == "occupied"
    await gym.post(f"/classes/{all_the_same['id']}/cancel", expect=200)
    await gym.post("/classes", between)
    await gym.sound()


async def test_of_several_who_want_the_room_at_once_one_gets_it(gym: Gym) -> None:
    location = await gym.location()
    room = (await gym.room(location))["id"]
    kind = (await gym.class_type())["id"]
    body = {
        "location_id": location,
        "class_type_id": kind,
        "room_id": room,
        "local_start": EVENING,
        "capacity": 1,
    }
    answers = await asyncio.gather(*(gym.http.post("/api/v1/classes", json=body) for _ in range(5)))
    refused = [each.json()["code"] for each in answers if each.status_code == 409]
    assert refused == ["occupied"] * 4
    await gym.sound()


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({"local_start": None}, 422, "start_at"),
        ({"start_at": "2026-03-09T18:00:00Z"}, 422, "start_at"),
        ({"local_start": "2026-03-02T09:00:00"}, 422, "start_at"),
        ({"local_start": None, "start_at": "2026-03-02T09:00:00Z"}, 422, "start_at"),
        ({"local_start": "0001-01-01T00:00:00"}, 422, "start_at"),
        ({"local_start": "9999-12-31T23:59:59"}, 422, "start_at"),
        ({"local_start": "2036-04-01T18:00:00"}, 422, "start_at"),
        ({"class_type_id": str(UUID(int=5))}, 404, "class_type_id"),
        ({"room_id": str(UUID(int=5))}, 404, "room_id"),
        ({"instructor_ids": [str(UUID(int=5))]}, 404, "instructor_ids"),
        ({"location_id": str(UUID(int=5))}, 404, "location_id"),
        ({"minutes": 2000}, 422, "minutes"),
    ],
)
async def test_a_class_that_cannot_be_is_refused(
    gym: Gym, given: Any, status: int, field: str
) -> None:
    location = await gym.location()
    kind = await gym.class_type()
    body = {
        "location_id": location,
        "class_type_id": kind["id"],
        "local_start": EVENING,
        "capacity": 10,
    }
    refused = await gym.post("/classes", body | given, expect=status)
    assert field in str(refused)


async def test_nothing_new_is_made_of_what_is_retired(gym: Gym) -> None:
    location = await gym.location()
    kind = await gym.class_type()
    room, joe = (await gym.room(location))["id"], await gym.instructor()
    body = {
        "location_id": location,
        "class_type_id": kind["id"],
        "local_start": EVENING,
        "capacity": 1,
    }
    stays = await gym.post("/classes", body | {"room_id": room, "instructor_ids": [joe]})
    await gym.patch(f"/rooms/{room}", {"retired": True})
    await gym.patch(f"/instructors/{joe}", {"retired": True})
    for part in ({"room_id": room}, {"instructor_ids": [joe]}):
        assert (await gym.post("/classes", body | part, expect=409))["code"] == "retired"
    await gym.patch(f"/classes/{stays['id']}", {"room_id": room, "instructor_ids": [joe]})
    await gym.post(f"/class-types/{kind['id']}/retire", expect=200)
    assert (await gym.post("/classes", body, expect=409))["code"] == "retired"


async def test_bookings_follow_a_class_to_another_time_and_room(gym: Gym) -> None:
    location = await gym.location()
    spots = [{"name": n, "row": 0, "column": int(n)} for n in "12"]
    first = (await gym.room(location, spots=spots))["id"]
    second = (await gym.room(location, spots=spots[1:]))["id"]
    class_ = await made(gym, location, room_id=first, capacity=2)
    ada = await booked(gym, class_["id"], spot="1")
    eve = await booked(gym, class_["id"], spot="2")
    late = await booked(gym, class_["id"], status="waiting")
    changed = await gym.patch(
        f"/classes/{class_['id']}", {"local_start": "2026-03-10T07:00:00", "room_id": second}
    )
    assert changed["until_at"] == "2026-03-10T07:00:00Z"
    assert changed["bookings"] == 3
    assert changed["edited"] == []
    start = datetime(2026, 3, 10, 6, tzinfo=UTC)
    rows = await gym.sql(
        "SELECT id, start_at, until_at, spot, free_until FROM scheduling.booking ORDER BY number"
    )
    assert [(row.start_at, row.until_at) for row in rows] == [
        (start, start + timedelta(hours=1))
    ] * 3
    assert [row.spot for row in rows] == [None, "2", None]
    assert {row.free_until for row in rows} == {start - timedelta(hours=12)}
    for booking in (ada, eve, late):
        [told] = await gym.told(booking)
        assert (told.type, told.data.booking.start) == ("scheduling.booking.moved.v1", start)
    [_, told] = await gym.told(class_["id"])
    assert told.data.before.start == datetime(2026, 3, 9, 17, tzinfo=UTC)
    assert (told.data.occurrence.start, told.data.occurrence.room_id) == (start, UUID(second))
    await gym.sound()


async def test_fewer_places_than_bookings_throw_nobody_out(gym: Gym) -> None:
    class_ = await made(gym, capacity=2)
    for _ in range(2):
        await booked(gym, class_["id"])
    await booked(gym, class_["id"], status="waiting")
    small = await gym.patch(f"/classes/{class_['id']}", {"capacity": 1})
    assert (small["capacity"], small["taken"], small["waiting"], small["bookings"]) == (1, 2, 1, 0)
    assert await gym.sql("SELECT 1 FROM jobs.procrastinate_jobs") == []
    await gym.patch(f"/classes/{class_['id']}", {"capacity": 3})
    [job] = await gym.sql("SELECT task_name, args FROM jobs.procrastinate_jobs")
    assert (job.task_name, job.args["class_id"]) == ("scheduling.fill_places", class_["id"])
    await gym.sound()


async def test_what_changes_nothing_tells_nothing(gym: Gym) -> None:
    class_ = await made(gym)
    again = await gym.patch(f"/classes/{class_['id']}", {"capacity": 10, "local_start": EVENING})
    assert {**again, "bookings": 0} == class_ | {"bookings": 0}
    caps = {"online": 0, "desk": None, "networks": {str(UUID(int=3)): 4}}
    capped = await gym.patch(f"/classes/{class_['id']}", {"caps": caps})
    assert capped["caps"] == caps
    assert await gym.told_types(class_["id"]) == ["class.scheduled"]


async def test_a_change_is_for_the_version_that_was_seen(gym: Gym) -> None:
    class_ = await made(gym)
    path = f"/classes/{class_['id']}"
    await gym.patch(path, {"capacity": 5}, **{"If-Match": '"1"'})
    refused = await gym.patch(path, {"capacity": 6}, expect=412, **{"If-Match": '"1"'})
    assert refused["code"] == "version_mismatch"


async def test_a_cancelled_class_gives_everything_back(gym: Gym) -> None:
    location = await gym.location()
    room, joe = (await gym.room(location))["id"], await gym.instructor()
    class_ = await made(gym, location, room_id=room, instructor_ids=[joe], capacity=2)
    ada = await booked(gym, class_["id"], credits=2)
    eve = await booked(gym, class_["id"], status="waiting", credits=2)
    gone = await booked(gym, class_["id"], status="cancelled", credits=2)
    # Half an hour before the start, when a member's own cancellation would be late.
    gym.clock.advance(timedelta(days=7, hours=7, minutes=30))
    path = f"/classes/{class_['id']}"
    cancelled = await gym.post(f"{path}/cancel", expect=200)
    assert (cancelled["status"], cancelled["cause"]) == ("cancelled", "gym")
    assert (cancelled["taken"], cancelled["waiting"], cancelled["bookings"]) == (0, 0, 2)
    [place], [line] = await gym.told(ada), await gym.told(eve)
    assert place.type == line.type == "scheduling.booking.cancelled.v1"
    assert place.data.ending == line.data.ending == "by_gym"
    assert [(each.data.had_place, each.data.credits_back) for each in (place, line)] == [
        (True, 2),
        (False, 0),
    ]
    assert place.data.fee is line.data.fee is None
    assert await gym.told(gone) == []
    assert (await gym.told(class_["id"]))[-1].data.cause == "gym"
    assert await gym.sql("SELECT 1 FROM scheduling.occupation") == []
    for refused in (
        await gym.post(f"{path}/cancel", expect=409),
        await gym.patch(path, {"capacity": 3}, expect=409),
    ):
        assert refused["code"] == "class_over"
    await gym.sound()


async def test_a_class_that_has_begun_is_not_changed_but_cancelled_until_its_end(gym: Gym) -> None:
    first, second = await made(gym), await made(gym)
    gym.clock.advance(timedelta(days=7, hours=8))
    refused = await gym.patch(f"/classes/{first['id']}", {"capacity": 3}, expect=409)
    assert refused["code"] == "class_over"
    await gym.post(f"/classes/{first['id']}/cancel", expect=200)
    gym.clock.advance(timedelta(hours=1))
    refused = await gym.post(f"/classes/{second['id']}/cancel", expect=409)
    assert refused["code"] == "class_over"


async def test_a_substitute_is_found_free_and_everybody_told(gym: Gym) -> None:
    location = await gym.location()
    joe, ann, amy = [await gym.instructor(name) for name in ("Joe", "Ann", "Amy")]
    class_ = await made(gym, location, instructor_ids=[joe, amy])
    busy = await made(gym, location, instructor_ids=[ann])
    path = f"/classes/{class_['id']}/substitute"
    body = {"from_instructor_id": joe, "to_instructor_id": ann}
    assert (await gym.post(path, body, expect=409))["code"] == "occupied"
    await gym.post(f"/classes/{busy['id']}/cancel", expect=200)
    found = await gym.post(path, body | {"tell_members": False}, expect=200)
    assert (found["instructor_ids"], found["substitute"]) == ([ann, amy], True)
    told = (await gym.told(class_["id"]))[-1]
    assert told.type == "scheduling.class.instructor_substituted.v1"
    assert (told.data.tell_members, told.data.tell_instructors) == (False, True)
    assert [str(told.data.from_instructor_id), str(told.data.to_instructor_id)] == [joe, ann]
    for wrong, field in (
        ({"from_instructor_id": joe, "to_instructor_id": amy}, "from_instructor_id"),
        ({"from_instructor_id": ann, "to_instructor_id": amy}, "to_instructor_id"),
    ):
        assert (await gym.post(path, wrong, expect=422))["field"] == field
    # Joe is free again.
    await made(gym, location, instructor_ids=[joe])
    await gym.sound()


async def test_another_organisations_class_is_out_of_reach(town: Town) -> None:
    class_ = await made(town.theirs)
    joe, ann = await town.theirs.instructor(), await town.ours.instructor()
    path = f"/classes/{class_['id']}"
    await town.ours.patch(path, {"capacity": 1}, expect=404)
    await town.ours.post(f"{path}/cancel", expect=404)
    body = {"from_instructor_id": joe, "to_instructor_id": ann}
    await town.ours.post(f"{path}/substitute", body, expect=404)
    own = await made(town.ours)
    await town.ours.patch(f"/classes/{own['id']}", {"instructor_ids": [joe]}, expect=404)


async def test_a_rehearsal_changes_nothing(gym: Gym) -> None:
    class_ = await made(gym)
    path = f"/classes/{class_['id']}/cancel"
    await booked(gym, class_["id"])
    seen = await gym.post(path, expect=200, **{"Dry-Run": "true"})
    assert (seen["status"], seen["bookings"]) == ("cancelled", 1)
    assert await gym.told_types(class_["id"]) == ["class.scheduled"]
    await gym.sound()
