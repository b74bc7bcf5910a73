"""Appointments take credits of the ledger and return them, as places in classes do."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from contexts.membership.conftest import Reporter
from contexts.membership.test_credits import DAY, kinds, pack
from contexts.membership.test_reservations import (
    BOXING,
    YOGA,
    Place,
    books_balance_and_nothing_was_set_aside,
    gift,
    left,
    place,
)
from gymhopper.contracts.event import Event
from gymhopper.contracts.scheduling.appointments import events as told
from gymhopper.kernel.ids import new_id

__all__ = ["books_balance_and_nothing_was_set_aside"]


def appointment(gym: Any, bought: Any, **changes: Any) -> told.AppointmentState:
    start: datetime = gym.clock.now() + DAY
    usual = {
        "appointment_id": new_id(),
        "organisation_id": gym.organisation_id,
        "location_id": new_id(),
        "service_id": new_id(),
        "instructor_id": new_id(),
        "class_type_id": YOGA,
        "person_id": UUID(bought["person_id"]),
        "member_id": UUID(bought["member_id"]),
        "membership_id": UUID(bought["id"]),
        "channel": "online",
        "status": "booked",
        "start": start,
        "until": start + DAY / 24,
        "zone": "Europe/Vienna",
        "enter_from": start,
        "enter_until": start + DAY / 24,
        "credits": 2,
    }
    return told.AppointmentState(**usual | changes)


class Told:
    """An appointment's events, each of which comes twice."""

    def __init__(self, gym: Any, bought: Any, **changes: Any) -> None:
        self.state = appointment(gym, bought, **changes)
        self._place = Place(gym, place(gym, bought).state, Reporter(self.state.appointment_id))

    async def booked(self) -> None:
        await self._tell(told.AppointmentBooked(appointment=self.state))

    async def cancelled(self, ending: Any, back: int) -> None:
        await self._tell(
            told.AppointmentCancelled(appointment=self.state, ending=ending, credits_back=back)
        )

    async def undone(self, back: int) -> None:
        await self._tell(
            told.AppointmentLateCancelUndone(appointment=self.state, credits_back=back)
        )

    async def missed(self, back: int) -> None:
        await self._tell(told.AppointmentMissed(appointment=self.state, credits_back=back))

    async def taken_back(self, again: int) -> None:
        await self._tell(
            told.AppointmentAttendanceTakenBack(appointment=self.state, credits_again=again)
        )

    async def _tell(self, event: Event) -> None:
        await self._place._tell(event)


async def test_an_appointment_takes_its_credits_once_and_returns_them_when_told(gym: Any) -> None:
    bought = await pack(gym)
    made = Told(gym, bought)
    await made.booked()
    assert (await left(gym, bought), await kinds(gym, bought)) == ([1], ["grant", "reserve"])
    await made.cancelled("early", 2)
    assert await left(gym, bought) == [3]
    late = Told(gym, bought)
    await late.booked()
    await late.cancelled("late", 0)
    assert await left(gym, bought) == [1]


async def test_what_is_undone_returns_its_credits_and_what_is_marked_anew_takes_them_again(
    gym: Any,
) -> None:
    bought = await pack(gym)
    late = Told(gym, bought)
    await late.booked()
    await late.cancelled("late", 0)
    assert await left(gym, bought) == [1]
    await late.undone(2)
    assert await left(gym, bought) == [3]
    missed = Told(gym, bought)
    await missed.booked()
    await missed.missed(2)
    assert await left(gym, bought) == [3]
    await missed.taken_back(2)
    assert await left(gym, bought) == [1]
    await missed.missed(0)
    await missed.taken_back(0)
    assert await left(gym, bought) == [1]


async def test_credits_for_other_classes_do_not_pay_for_an_appointment(gym: Any) -> None:
    bought = await pack(gym, class_types=[str(YOGA)])
    await Told(gym, bought, class_type_id=BOXING).booked()
    assert await left(gym, bought) == [3]


@pytest.mark.parametrize(("ending", "good"), [("by_gym", [3, 0, 2]), ("early", [3, 0])])
async def test_what_returns_to_a_lot_that_is_over_is_good_if_the_gym_calls_it_off(
    gym: Any, ending: str, good: list[int]
) -> None:
    bought = await pack(gym, expires_from="never")
    await gift(gym, bought, 2, "2026-03-20")
    made = Told(gym, bought)
    await made.booked()
    await gym.pass_time(30 * DAY)
    await made.cancelled(ending, 2)
    assert await left(gym, bought) == good


async def test_an_appointment_without_credits_or_membership_takes_nothing(gym: Any) -> None:
    bought = await pack(gym)
    await Told(gym, bought, credits=0).booked()
    await Told(gym, bought, membership_id=None).booked()
    assert await kinds(gym, bought) == ["grant"]
