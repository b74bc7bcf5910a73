"""What a member who looks at the timetable may do, and why not."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator

from contexts.scheduling.studio import Person, Studio
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.http.timetable import TimetablePage
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota

DAY = timedelta(days=1)
DESCRIBED = TimetablePage.model_json_schema(mode="serialization")
for each in DESCRIBED["$defs"].values():
    if each["type"] == "object":
        each["additionalProperties"] = False


async def yours(person: Person, class_id: str) -> Any:
    """What the list says, which is what the page of the class says; in the form of its model."""
    listed = await person.get("/classes", location_id=person.studio.location)
    Draft202012Validator(DESCRIBED).validate(listed)
    [found] = [each["you"] for each in listed["items"] if each["id"] == class_id]
    assert (await person.get(f"/classes/{class_id}"))["you"] == found
    return found


async def test_book_then_wait_then_nothing(studio: Studio) -> None:
    await studio.rules(waitlist=1)
    cycling = await studio.class_(places=1)
    anna, bert, cleo = [await studio.person() for _ in range(3)]
    before = await yours(anna, cycling)
    assert (before["may"], before["reason"]) == ("book", None)
    assert before["membership_id"] == str(anna.state.membership_id)
    booking = await anna.book(cycling)
    after = await yours(anna, cycling)
    assert (after["booking_id"], after["status"]) == (booking["id"], "booked")
    assert (await yours(bert, cycling))["may"] == "wait"
    await bert.book(cycling)
    assert (await yours(cleo, cycling))["reason"] == "WAITLIST_FULL"
    assert await cleo.refused(cycling) == "WAITLIST_FULL"


async def test_the_reason_is_the_one_of_a_booking(studio: Studio) -> None:
    await studio.rules(opening={"days": 3})
    soon, later = await studio.class_(days=2), await studio.class_(days=5)
    one = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=1, per="day"),))
    anna = await studio.person(coverage=one)
    assert (await yours(anna, soon))["may"] == "book"
    closed = await yours(anna, later)
    assert (closed["reason"], closed["from"]) == ("WINDOW_NOT_OPEN", "2026-03-04T09:00:00Z")
    await anna.book(soon)
    other = await studio.class_(days=2 + 2 / 24)
    full = await yours(anna, other)
    assert full["reason"] == await anna.refused(other) == "DAILY_LIMIT_REACHED"
    assert full["memberships"] == [
        {"membership_id": str(anna.state.membership_id), "code": "DAILY_LIMIT_REACHED"}
    ]


async def test_each_class_is_judged_by_what_it_asks_itself(studio: Studio) -> None:
    open_to_all = await studio.gym.class_type(requirements={"waivers": False})
    climbing = {"waivers": False, "level": {"discipline": "climbing", "at_least": 3}}
    hard = await studio.gym.class_type(requirements=climbing)
    first = await studio.class_(class_type_id=UUID(open_to_all["id"]))
    wall = await studio.class_(days=3, class_type_id=UUID(hard["id"]))
    cycling = await studio.class_(days=4)
    anna, bert = await studio.person(), await studio.person()
    await studio.gym.sql(
        "INSERT INTO scheduling.level (organisation_id, person_id, discipline, level)"
        " VALUES (:organisation, :person, 'climbing', 3)",
        organisation=studio.gym.organisation_id,
        person=anna.person_id,
    )
    studio.people.unsigned = {anna.person_id}
    assert (await yours(anna, first))["may"] == (await yours(anna, wall))["may"] == "book"
    assert (await yours(anna, cycling))["reason"] == "WAIVER_REQUIRED"
    assert (await yours(bert, wall))["reason"] == "LEVEL_REQUIRED"
    assert (await yours(bert, cycling))["may"] == "book"


async def test_a_missed_class_counts_for_the_classes_that_say_so(studio: Studio) -> None:
    lenient = await studio.gym.class_type()
    said = {"class_type_id": lenient["id"], "rules": {"missed_counts": False}}
    await studio.gym.put("/booking-rules", said)
    one_a_month = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=1, per="month"),))
    anna = await studio.person(coverage=one_a_month)
    missed = await anna.book(await studio.class_(days=0.1))
    studio.gym.clock.advance(timedelta(hours=3))
    marking = f"/bookings/{missed['id']}/attendance"
    await studio.gym.post(marking, {"status": "missed"}, expect=200)
    counts = await studio.class_(days=1)
    forgives = await studio.class_(days=2, class_type_id=UUID(lenient["id"]))
    assert (await yours(anna, counts))["reason"] == "USAGE_LIMIT_REACHED"
    assert (await yours(anna, forgives))["may"] == "book"
    assert await anna.refused(counts) == "USAGE_LIMIT_REACHED"
    assert (await anna.book(forgives))["status"] == "booked"


async def test_a_channel_may_be_full_before_the_class_is(studio: Studio) -> None:
    capped = await studio.class_(places=5, caps=Caps(online=1))
    anna, bert = await studio.person(), await studio.person()
    await anna.book(capped)
    assert (await yours(bert, capped))["may"] == "wait"
    assert (await bert.book(capped))["status"] == "waiting"


async def test_staff_are_shown_nothing_of_their_own(studio: Studio) -> None:
    cycling = await studio.class_()
    assert (await studio.gym.get(f"/classes/{cycling}"))["you"] is None
