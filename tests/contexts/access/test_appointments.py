"""Appointments at a door: their people come in around them."""

from datetime import timedelta
from typing import Any

import pytest

from contexts.access.test_bookings import HOUR, Studio
from fixtures.access_world import LOCATION, MEMBER, Happening, World
from gymhopper.contracts.scheduling.appointments import events as told
from gymhopper.kernel.ids import new_id


@pytest.fixture
async def studio(furnished_world: World) -> Studio:
    return Studio(furnished_world)


def appointment(studio: Studio, **changes: Any) -> told.AppointmentState:
    """In an hour; doors open half an hour before."""
    usual = {
        "appointment_id": new_id(),
        "organisation_id": MEMBER.organisation_id,
        "location_id": LOCATION.location_id,
        "service_id": new_id(),
        "instructor_id": new_id(),
        "person_id": MEMBER.person_id,
        "member_id": MEMBER.member_id,
        "channel": "online",
        "status": "booked",
        "start": studio.noon,
        "until": studio.noon + HOUR,
        "zone": LOCATION.zone,
        "enter_from": studio.noon - HOUR / 2,
        "enter_until": studio.noon + HOUR,
    }
    return told.AppointmentState(**usual | changes)


async def test_an_appointment_opens_the_door_around_its_time_and_the_visit_names_it(
    studio: Studio,
) -> None:
    await studio.join()
    made = appointment(studio, membership_id=studio.membership.id)
    await studio.tell(told.AppointmentBooked(appointment=made), Happening(made.appointment_id))
    assert await studio.scan() == "BOOKING_TOO_EARLY"
    await studio.until(HOUR / 2)
    assert await studio.scan() == "ALLOWED"
    await studio.until(HOUR + timedelta(minutes=30))
    assert await studio.scan() == "BOOKING_TOO_LATE"
    (visit,) = await studio.visits()
    assert (visit.booking_id, visit.membership_id) == (made.appointment_id, studio.membership.id)


async def test_one_that_is_cancelled_opens_nothing(studio: Studio) -> None:
    await studio.join()
    made, about = appointment(studio), Happening(new_id())
    await studio.tell(told.AppointmentBooked(appointment=made), about)
    await studio.until(HOUR / 2)
    gone = appointment(studio, appointment_id=made.appointment_id, status="cancelled")
    await studio.tell(told.AppointmentCancelled(appointment=gone, ending="early"), about)
    assert await studio.scan() == "LOCATION_NOT_COVERED"
