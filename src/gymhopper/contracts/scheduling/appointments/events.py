"""Facts about appointments."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from gymhopper.contracts.event import Event
from gymhopper.kernel.money import Money

AppointmentStatus = Literal["booked", "attended", "missed", "cancelled"]
AppointmentChannel = Literal["online", "desk"]
"""By members themselves, or by staff for them."""
AppointmentEnding = Literal["early", "late", "by_gym", "released"]
"""How an appointment was cancelled: in time, too late, by the gym, or because the membership that
it rests on rests or ends."""


class AppointmentState(msgspec.Struct, frozen=True, kw_only=True):
    """One person with one instructor, `[start, until)`, as it is after the event that carries it.

    `membership_id` is what it rests on; None where it needs none. `class_type_id` is the kind of
    class that the service counts as, if it does, and `area_id` where its room lies, as doors know
    it. The person may enter within `[enter_from, enter_until)`. `credits` are how
    many of the membership's it takes.
    """

    appointment_id: UUID
    organisation_id: UUID
    location_id: UUID
    service_id: UUID
    instructor_id: UUID
    class_type_id: UUID | None = None
    room_id: UUID | None = None
    area_id: UUID | None = None
    person_id: UUID
    member_id: UUID | None = None
    membership_id: UUID | None = None
    channel: AppointmentChannel
    status: AppointmentStatus
    start: datetime
    until: datetime
    zone: str
    enter_from: datetime
    enter_until: datetime
    credits: int = 0


class AppointmentEvent(Event, frozen=True, kw_only=True):
    """Something happened to an appointment."""

    appointment: AppointmentState


class AppointmentBooked(AppointmentEvent, frozen=True, kw_only=True):
    """A person and an instructor will meet."""

    type: ClassVar[str] = "scheduling.appointment.booked.v1"


class AppointmentCancelled(AppointmentEvent, frozen=True, kw_only=True):
    """They will not. `credits_back` of its credits return; `fee` is what falls due later unless it
    is waived."""

    type: ClassVar[str] = "scheduling.appointment.cancelled.v1"
    ending: AppointmentEnding
    credits_back: int = 0
    fee: Money | None = None


class AppointmentLateCancelUndone(AppointmentEvent, frozen=True, kw_only=True):
    """Staff say that a cancellation was in time after all: `credits_back` return now."""

    type: ClassVar[str] = "scheduling.appointment.late_cancel_undone.v1"
    credits_back: int = 0


class AppointmentAttended(AppointmentEvent, frozen=True, kw_only=True):
    """The person came: staff say so, a door does, or nobody said otherwise."""

    type: ClassVar[str] = "scheduling.appointment.attended.v2"
    how: Literal["staff", "door", "default"]
    visit_id: UUID | None = None


class AppointmentAttendedV1(AppointmentEvent, frozen=True, kw_only=True):
    """As it was told while only staff and doors said so; nobody tells it any more."""

    type: ClassVar[str] = "scheduling.appointment.attended.v1"
    how: Literal["staff", "door"] = "staff"
    visit_id: UUID | None = None


class AppointmentMissed(AppointmentEvent, frozen=True, kw_only=True):
    """The person did not come. See `AppointmentCancelled` for what follows."""

    type: ClassVar[str] = "scheduling.appointment.missed.v1"
    how: Literal["staff", "default"] = "staff"
    credits_back: int = 0
    fee: Money | None = None


class AppointmentAttendanceTakenBack(AppointmentEvent, frozen=True, kw_only=True):
    """Nobody says any more whether the person came. `credits_again` of those that had returned are
    taken anew."""

    type: ClassVar[str] = "scheduling.appointment.attendance_taken_back.v1"
    credits_again: int = 0


class AppointmentFeeDue(AppointmentEvent, frozen=True, kw_only=True):
    """The time to waive a fee is over: it is charged."""

    type: ClassVar[str] = "scheduling.appointment.fee_due.v1"
    fee_id: UUID
    amount: Money
    why: Literal["late_cancel", "no_show"]


class AppointmentFeeWaived(AppointmentEvent, frozen=True, kw_only=True):
    """A fee is not charged; staff said so, or what it was for did not happen."""

    type: ClassVar[str] = "scheduling.appointment.fee_waived.v1"
    fee_id: UUID
    amount: Money
