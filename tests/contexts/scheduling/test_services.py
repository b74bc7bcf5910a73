"""Services, when instructors have time for them, and what makes that less."""

from uuid import UUID

from contexts.scheduling.practice import TUESDAY, Practice
from contexts.scheduling.studio import Studio
from contexts.scheduling.town import Town


async def test_a_service_is_made_of_what_is_the_organisations_own(town: Town) -> None:
    ours, theirs = town.ours, town.theirs
    instructor, room = await theirs.instructor("Eve"), await theirs.room(await theirs.location())
    kind = await theirs.class_type()
    new = {"name": "Training", "minutes": 60}
    for strange in (
        {"instructor_ids": [instructor]},
        {"room_ids": [room["id"]]},
        {"class_type_id": kind["id"]},
    ):
        await ours.post("/services", new | strange, expect=404)
    made = await ours.post("/services", new)
    assert [each["id"] for each in (await ours.get("/services"))["items"]] == [made["id"]]
    assert (await theirs.get("/services"))["items"] == []
    await ours.patch(f"/services/{made['id']}", {"instructor_ids": [instructor]}, expect=404)
    await theirs.patch(f"/services/{made['id']}", {"minutes": 30}, expect=404)


async def test_a_change_holds_for_what_is_booked_from_then_on(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    ada = await studio.person()
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    path = f"/services/{practice.service['id']}"
    changed = await practice.gym.patch(path, {"minutes": 120, "step_minutes": 60})
    assert (changed["minutes"], changed["name"]) == (120, "Training")
    assert (await ada.get(f"/appointments/{made['id']}"))["until_at"] == made["until_at"]
    assert await practice.free(ada) == ["10:00"]
    await practice.gym.patch(path, {"retired": True})
    assert await practice.free(ada) == []
    told = await ada.post("/appointments", practice.wanted("10:00"), expect=409)
    assert told["code"] == "retired"
    assert (await practice.gym.get("/services"))["items"] == []


async def test_hours_are_said_for_each_location_anew(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    path = f"/instructors/{practice.instructors[0]}/availability"
    elsewhere = await practice.gym.location()
    there = {"location_id": elsewhere, "weekly": [{"weekday": 3, "start": 1380, "until": 1500}]}
    exception = {"on": TUESDAY, "hours": [{"start": 600, "until": 660}]}
    await practice.gym.put(path, there | {"exceptions": [exception]})
    await practice.gym.put(path, there)
    found = (await practice.gym.get(path))["items"]
    assert {each["location_id"]: each["weekly"] for each in found} == {
        studio.location: [{"weekday": 2, "start": 540, "until": 720}],
        elsewhere: there["weekly"],
    }
    assert [each["exceptions"] for each in found] == [[], []]
    backwards = there | {"weekly": [{"weekday": 3, "start": 600, "until": 600}]}
    await practice.gym.put(path, backwards, expect=422)


async def test_whoever_or_whatever_is_not_there_any_more_is_not_free(studio: Studio) -> None:
    practice = Practice(studio)
    room = (await practice.gym.room(studio.location))["id"]
    await practice.open("Grace", "Joe", room_ids=[room], step_minutes=60)
    grace, joe = practice.instructors
    assert await practice.free(instructor_id=grace) == ["09:00", "10:00", "11:00"]
    await practice.gym.patch(f"/instructors/{grace}", {"retired": True})
    assert await practice.free(instructor_id=grace) == []
    assert await practice.free(instructor_id=joe) == ["09:00", "10:00", "11:00"]
    await practice.gym.patch(f"/rooms/{room}", {"retired": True})
    assert await practice.free() == []


async def test_on_days_on_which_the_place_is_closed_nobody_is_free(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace", step_minutes=60)
    await practice.gym.closed_on(studio.location, TUESDAY)
    assert await practice.free() == []
    ada = await studio.person()
    told = await ada.post("/appointments", practice.wanted("09:00"), expect=409)
    assert told["code"] == "occupied"
    await practice.gym.closed_on(studio.location)
    assert await practice.free() == ["09:00", "10:00", "11:00"]
    await practice.gym.location(UUID(studio.location), status="closed")
    assert await practice.free() == []
    await practice.gym.sound()


async def test_times_that_no_calendar_reaches_are_refused(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    ada = await studio.person()
    path = f"/services/{practice.service['id']}/free-times"
    for year in ("0001", "9999"):
        far = f"{year}-01-01T00:00:00+14:00"
        await ada.get(path, location_id=studio.location, **{"from": far}, expect=422)
        await ada.post("/appointments", practice.wanted("09:00", start_at=far), expect=422)
        await ada.get("/appointments", **{"from": far}, expect=422)
