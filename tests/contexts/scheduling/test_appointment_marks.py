"""Appointments of which nobody says anything: what the gym's rules have becomes of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.scheduling.practice import Practice
from contexts.scheduling.studio import Reporter, Studio
from contexts.scheduling.test_appointment_credits import training
from contexts.scheduling.test_attendance import visit

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
# From ten o'clock on Monday to ten on Tuesday, when an appointment at nine is over.
END = 24 * HOUR
FEE = {"amount": 3000, "currency": "EUR"}
_TIMERS = "SELECT due_at FROM chassis.timer WHERE name = 'scheduling.appointment_marked'"


async def booked(studio: Studio, **service: Any) -> tuple[Practice, Any]:
    practice = Practice(studio)
    await practice.open("Grace", **service)
    ada = await studio.person()
    return practice, await ada.post("/appointments", practice.wanted("09:00"), expect=201)


async def status(practice: Practice, made: Any) -> str:
    found: str = (await practice.gym.get(f"/appointments/{made['id']}"))["status"]
    return found


@pytest.mark.parametrize("becomes", ["attended", "missed"])
async def test_what_nobody_marked_becomes_what_the_gym_says(studio: Studio, becomes: str) -> None:
    await studio.rules(unmarked=becomes, unmarked_hours=6)
    practice, made = await booked(studio, missed_fee=FEE)
    await practice.gym.pass_time(END + 6 * HOUR - SECOND)
    assert await status(practice, made) == "booked"
    await practice.gym.pass_time(SECOND)
    assert await status(practice, made) == becomes
    [_, told] = await practice.gym.told(made["id"])
    assert (told.type.split(".")[2], told.data.how) == (becomes, "default")
    fees = await practice.gym.sql("SELECT why FROM scheduling.fee")
    assert [each.why for each in fees] == (["no_show"] if becomes == "missed" else [])
    await practice.gym.pass_time(2 * DAY)
    due = ["appointment.fee_due"] if becomes == "missed" else []
    assert (await practice.gym.told_types(made["id"]))[2:] == due


async def test_rules_of_the_place_and_of_its_kind_of_class_are_heard(studio: Studio) -> None:
    practice = await training(studio)
    of_kind = {"class_type_id": studio.class_type["id"], "rules": {"unmarked": "missed"}}
    await studio.gym.put("/booking-rules", of_kind)
    there = {"location_id": studio.location, "rules": {"unmarked_hours": 1}}
    await studio.gym.put("/booking-rules", there)
    ada = await studio.person()
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    await practice.gym.pass_time(END + HOUR)
    assert await status(practice, made) == "missed"


async def test_a_rule_that_is_changed_meanwhile_holds(studio: Studio) -> None:
    await studio.rules(unmarked_hours=1)
    practice, made = await booked(studio)
    await studio.rules(unmarked_hours=12, unmarked="missed")
    await practice.gym.pass_time(END + 12 * HOUR - SECOND)
    assert await status(practice, made) == "booked"
    await practice.gym.pass_time(SECOND)
    assert await status(practice, made) == "missed"


async def test_what_was_said_before_stays(studio: Studio) -> None:
    await studio.rules(unmarked="missed")
    practice, made = await booked(studio)
    practice.gym.clock.advance(END)
    path = f"/appointments/{made['id']}/attendance"
    await practice.gym.post(path, {"status": "attended"}, expect=200)
    await practice.gym.pass_time(2 * DAY)
    assert await practice.gym.told_types(made["id"]) == [
        "appointment.booked",
        "appointment.attended",
    ]


@pytest.mark.parametrize("by_gym", [True, False])
async def test_what_is_cancelled_is_not_waited_for(studio: Studio, *, by_gym: bool) -> None:
    practice, made = await booked(studio)
    assert len(await practice.gym.sql(_TIMERS)) == 1
    path = f"/appointments/{made['id']}/cancel"
    await practice.gym.post(path, {"by_gym": by_gym}, expect=200)
    assert await practice.gym.sql(_TIMERS) == []


async def test_where_doors_say_nothing_the_rule_does(studio: Studio) -> None:
    await studio.rules(by_door=False, unmarked="missed")
    practice = Practice(studio)
    await practice.open("Grace")
    ada = await studio.person()
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    practice.gym.clock.advance(timedelta(hours=22, minutes=45))
    came = visit(studio, ada, practice.gym.clock.now(), booking_id=UUID(made["id"]))
    await practice.gym.deliver(Reporter(came.visit_id), came)
    assert await status(practice, made) == "booked"
    await practice.gym.pass_time(3 * DAY)
    assert await status(practice, made) == "missed"
