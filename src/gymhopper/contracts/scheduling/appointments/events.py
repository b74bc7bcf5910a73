"""Facts about appointments."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from gymhopper.contracts.event import Event

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
    """They will not. `credits_back` of its credits return."""

    type: ClassVar[str] = "scheduling.appointment.cancelled.v1"
    ending: AppointmentEnding
    credits_back: int = 0


class AppointmentAttended(AppointmentEvent, frozen=True, kw_only=True):
    """The person came: staff say so, or a door does."""

    type: ClassVar[str] = "scheduling.appointment.attended.v1"
    how: Literal["staff", "door"] = "staff"
    visit_id: UUID | None = None


class AppointmentMissed(AppointmentEvent, frozen=True, kw_only=True):
    """The person did not come."""

    type: ClassVar[str] = "scheduling.appointment.missed.v1"


class AppointmentAttendanceTakenBack(AppointmentEvent, frozen=True, kw_only=True):
    """Nobody says any more whether the person came."""

    type: ClassVar[str] = "scheduling.appointment.attendance_taken_back.v1"
