"""Who is young comes to some classes only while staff are there, as far as is known now."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from contexts.scheduling.practice import Practice
from contexts.scheduling.studio import Person, Studio
from gymhopper.kernel.calendar import Hours, local

ZONE = "Europe/Vienna"


async def a_youth(studio: Studio, age: int) -> Person:
    person = await studio.person()
    studio.people.ages[person.person_id] = age
    return person


async def climbing(studio: Studio, places: int = 5) -> str:
    kind = await studio.gym.class_type(requirements={"staffed_below": 16})
    return await studio.class_(places, class_type_id=UUID(kind["id"]))


async def staffed(studio: Studio, *hours: Hours, **changes: Any) -> None:
    """The place says when staff are there."""
    await studio.gym.location(UUID(studio.location), staffed_hours=hours, **changes)


def around(studio: Studio, minutes: int) -> Hours:
    """Staff are there from so many minutes before a class that is in two days, for three hours."""
    wall = local(studio.gym.clock.now() + timedelta(days=2), ZONE)
    start = wall.hour * 60 + wall.minute - minutes
    return Hours(wall.isoweekday(), start, start + 180)


async def test_the_young_book_only_while_staff_are_there(studio: Studio) -> None:
    wall = await climbing(studio)
    young, younger, grown = [await a_youth(studio, age) for age in (15, 12, 16)]
    await young.book(wall)
    await staffed(studio)
    assert await younger.refused(wall) == "AGE_RESTRICTED"
    await grown.book(wall)
    await staffed(studio, around(studio, 0))
    await younger.book(wall)


async def test_staff_who_leave_before_the_end_do_not_count(studio: Studio) -> None:
    wall = await climbing(studio)
    young = await a_youth(studio, 15)
    await staffed(studio, around(studio, 150))
    assert await young.refused(wall) == "AGE_RESTRICTED"
    seen = await young.get(f"/classes/{wall}")
    assert (seen["you"]["may"], seen["you"]["reason"]) == (None, "AGE_RESTRICTED")
    await staffed(studio, around(studio, 120))
    assert (await young.get(f"/classes/{wall}"))["you"]["may"] == "book"
    await young.book(wall)


async def test_nobody_young_comes_up_from_the_line_when_staff_are_not_there_any_more(
    studio: Studio,
) -> None:
    wall = await climbing(studio, 1)
    grown, young = await a_youth(studio, 30), await a_youth(studio, 15)
    booked = await grown.book(wall)
    assert (await young.book(wall))["status"] == "waiting"
    await staffed(studio)
    await grown.post(f"/bookings/{booked['id']}/cancel")
    await studio.work()
    assert (await studio.counts(wall)) == (0, 1)
    await staffed(studio, around(studio, 0))
    assert (await young.get(f"/classes/{wall}"))["you"]["status"] == "waiting"


async def test_the_young_have_appointments_only_while_staff_are_there(studio: Studio) -> None:
    kind = await studio.gym.class_type(requirements={"staffed_below": 16})
    practice = Practice(studio)
    await practice.open("Grace", class_type_id=kind["id"])
    young = await a_youth(studio, 15)
    # 09:00 to 09:59 on a Tuesday.
    await staffed(studio, Hours(2, 540, 599))
    told = await young.post("/appointments", practice.wanted("09:00"), expect=409)
    assert told["reason"] == "AGE_RESTRICTED"
    await staffed(studio, Hours(2, 540, 600))
    await young.post("/appointments", practice.wanted("09:00"), expect=201)
