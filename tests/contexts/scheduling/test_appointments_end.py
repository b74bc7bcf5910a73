"""What becomes of appointments when a membership rests or ends, or their place is closed; and what
calendars show of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from icalendar import Calendar

from contexts.scheduling.practice import TUESDAY, Practice
from contexts.scheduling.studio import Person, Reporter, Studio
from fixtures.callers import http_client
from gymhopper.contracts.membership.events import MembersMerged
from gymhopper.contracts.membership.state import Overlay
from gymhopper.kernel.ids import new_id


async def training(studio: Studio, **changes: Any) -> Practice:
    practice = Practice(studio)
    await practice.open("Grace", class_type_id=studio.class_type["id"], **changes)
    return practice


async def status(person: Person, made: Any) -> tuple[str, str | None]:
    found = await person.get(f"/appointments/{made['id']}")
    return found["status"], found["ending"]


async def test_a_freeze_releases_the_appointments_that_lie_within_it(studio: Studio) -> None:
    practice = await training(studio)
    ada, bob = await studio.person(), await studio.person()
    within = await ada.post("/appointments", practice.wanted("10:00"), expect=201)
    before = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    others = await bob.post("/appointments", practice.wanted("11:00"), expect=201)
    start = studio.gym.clock.now() + timedelta(hours=23, minutes=30)
    await ada.has(overlays=(Overlay(overlay_id=new_id(), kind="freeze", start=start),))
    await studio.work()
    assert await status(ada, within) == ("cancelled", "released")
    assert await status(ada, before) == ("booked", None)
    assert await status(bob, others) == ("booked", None)
    assert "10:00" in await practice.free(bob)
    await practice.gym.sound()


async def test_what_ends_with_a_membership_is_taken_back_if_that_goes_on_after_all(
    studio: Studio,
) -> None:
    practice = await training(studio)
    ada = await studio.person()
    made = await ada.post("/appointments", practice.wanted("10:00"), expect=201)
    await ada.has(end=studio.gym.clock.now())
    await ada.has(end=None)
    await studio.work()
    assert await status(ada, made) == ("booked", None)
    await ada.has(contract="ended", end=studio.gym.clock.now())
    await studio.work()
    assert await status(ada, made) == ("cancelled", "released")


async def test_a_holiday_calls_its_appointments_off_and_a_place_that_is_closed_all(
    studio: Studio,
) -> None:
    practice = await training(studio, days_ahead=30)
    ada = await studio.person()
    later = practice.wanted("10:00") | {"start_at": "2026-03-10T10:00:00+01:00"}
    first = await ada.post("/appointments", practice.wanted("10:00"), expect=201)
    second = await ada.post("/appointments", later, expect=201)
    await practice.gym.closed_on(studio.location, TUESDAY)
    await studio.work()
    assert await status(ada, first) == ("cancelled", "by_gym")
    assert await status(ada, second) == ("booked", None)
    await practice.gym.location(UUID(studio.location), status="closed")
    await studio.work()
    assert await status(ada, second) == ("cancelled", "by_gym")
    await practice.gym.sound()


async def test_calendars_show_appointments_and_not_with_whom(studio: Studio) -> None:
    practice = await training(studio)
    ada, bob = await studio.person(), await studio.person()
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    gone = await ada.post("/appointments", practice.wanted("10:00"), expect=201)
    await ada.post(f"/appointments/{gone['id']}/cancel")
    await bob.post("/appointments", practice.wanted("11:00"), expect=201)
    own = {"kind": "member", "organisation_id": str(studio.gym.organisation_id)}
    taught = {"kind": "instructor", "instructor_id": practice.instructors[0]}
    [mine] = await entries(studio, await ada.post("/calendar-feeds", own, expect=201))
    assert (str(mine["UID"]).partition("@")[0], str(mine["SUMMARY"])) == (made["id"], "Training")
    assert mine.decoded("DTSTART").isoformat() == "2026-03-03T08:00:00+00:00"
    hers = await entries(studio, await practice.gym.post("/calendar-feeds", taught))
    assert [str(each["SUMMARY"]) for each in hers] == ["Training"] * 2


async def entries(studio: Studio, feed: Any) -> list[Any]:
    async with http_client(studio.gym.runtime) as nobody:
        answer = await nobody.get(feed["url"])
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_a_merge_takes_appointments_along_also_two_at_one_time(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace", "Joe")
    anna, twin = await studio.person(), await studio.person()
    for each in (anna, twin):
        await each.post("/appointments", practice.wanted("09:00"), expect=201)
    merged = MembersMerged(
        member_id=anna.member_id,
        person_id=anna.person_id,
        merged_member_id=twin.member_id,
        merged_person_id=twin.person_id,
        organisation_id=studio.gym.organisation_id,
    )
    await studio.gym.deliver(Reporter(anna.member_id), merged)
    assert len((await anna.get("/appointments"))["items"]) == 2
    assert (await twin.get("/appointments"))["items"] == []
    told = await anna.post("/appointments", practice.wanted("09:30"), expect=409)
    assert told["code"] == "occupied"
    await practice.gym.sound()
