"""What an appointment takes of a membership: credits, and visits that are limited."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from contexts.scheduling.practice import Practice
from contexts.scheduling.studio import Person, Reporter, Studio
from contexts.scheduling.test_attendance import visit
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.contracts.scheduling.appointments.events import AppointmentCancelled
from gymhopper.kernel.ids import new_id


async def training(studio: Studio, **changes: Any) -> Practice:
    practice = Practice(studio)
    await practice.open("Grace", class_type_id=studio.class_type["id"], **changes)
    return practice


async def with_credits(studio: Studio, units: int) -> tuple[Person, LotLeft]:
    person = await studio.person(credits=units)
    lot = LotLeft(lot_id=new_id(), left=units, granted_at=studio.gym.clock.now())
    await person.has_credits(lot)
    return person, lot


async def test_credits_are_reserved_before_the_ledger_has_heard(studio: Studio) -> None:
    practice = await training(studio, credits=2)
    ada, lot = await with_credits(studio, 3)
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    assert (made["credits"], made["membership_id"]) == (2, str(ada.state.membership_id))
    told = await ada.post("/appointments", practice.wanted("10:00"), expect=409)
    assert told["reason"] == "NO_CREDITS"
    first, second = await studio.class_(days=3), await studio.class_(days=4)
    assert (await ada.book(first))["credits"] == 1
    assert await ada.refused(second) == "NO_CREDITS"
    # Of the appointment's the ledger has heard, and two were given: one of them is the class's.
    left = LotLeft(lot_id=lot.lot_id, left=3, granted_at=lot.granted_at)
    await ada.has_credits(left, booking_id=UUID(made["id"]))
    assert (await ada.post("/appointments", practice.wanted("10:00"), expect=201))["credits"] == 2
    assert await ada.refused(second) == "NO_CREDITS"


async def test_who_has_more_than_credits_keeps_them(studio: Studio) -> None:
    practice = await training(studio, credits=2)
    ada = await studio.person()
    assert (await ada.post("/appointments", practice.wanted("09:00"), expect=201))["credits"] == 0


async def test_credits_return_unless_it_is_too_late_or_nobody_came(studio: Studio) -> None:
    practice = await training(studio, credits=1, free_minutes=60)
    ada, _ = await with_credits(studio, 3)
    early, late, off = [
        (await ada.post("/appointments", practice.wanted(hour), expect=201))["id"]
        for hour in ("09:00", "10:00", "11:00")
    ]
    studio.gym.clock.advance(timedelta(hours=21))
    await ada.post(f"/appointments/{early}/cancel")
    studio.gym.clock.advance(timedelta(hours=2, minutes=30))
    await ada.post(f"/appointments/{late}/cancel")
    await studio.gym.post(f"/appointments/{off}/cancel", {"by_gym": True}, expect=200)
    back = {
        each.data.ending: each.data.credits_back
        for each in await studio.gym.told()
        if isinstance(each.data, AppointmentCancelled)
    }
    assert back == {"early": 1, "late": 0, "by_gym": 1}


async def test_credits_are_asked_for_kinds_of_classes_only(studio: Studio) -> None:
    new = {"name": "Training", "minutes": 60, "credits": 1}
    await studio.gym.post("/services", new, expect=422)
    free = await studio.gym.post("/services", new | {"credits": 0})
    await studio.gym.patch(f"/services/{free['id']}", {"credits": 1}, expect=422)


async def test_an_appointment_is_one_of_the_visits_that_a_plan_has_and_once(
    studio: Studio,
) -> None:
    practice = await training(studio)
    two_a_month = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=2, per="month"),))
    ada = await studio.person(coverage=two_a_month)
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    studio.gym.clock.advance(timedelta(hours=22, minutes=45))
    came = visit(studio, ada, studio.gym.clock.now(), booking_id=UUID(made["id"]))
    await studio.gym.deliver(Reporter(came.visit_id), came)
    assert (await ada.get(f"/appointments/{made['id']}"))["status"] == "attended"
    await ada.book(await studio.class_(days=2))
    assert await ada.refused(await studio.class_(days=3)) == "USAGE_LIMIT_REACHED"


async def test_who_came_in_on_another_right_attended_too(studio: Studio) -> None:
    practice = await training(studio)
    ada, bob = await studio.person(), await studio.person()
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    other = await bob.post("/appointments", practice.wanted("10:00"), expect=201)
    studio.gym.clock.advance(timedelta(hours=22, minutes=45))
    came = visit(studio, ada, studio.gym.clock.now())
    await studio.gym.deliver(Reporter(came.visit_id), came)
    assert (await ada.get(f"/appointments/{made['id']}"))["status"] == "attended"
    assert (await bob.get(f"/appointments/{other['id']}"))["status"] == "booked"
    [*_, last] = await studio.gym.told(made["id"])
    assert (last.data.how, last.data.visit_id) == ("door", came.visit_id)
