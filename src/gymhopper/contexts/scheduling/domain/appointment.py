"""What appointments are made for, when somebody takes them, and an appointment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gymhopper.contexts.scheduling.domain.errors import IllegalTransition, Retired
from gymhopper.contexts.scheduling.domain.free_busy import Pattern, Range, WorkingHours
from gymhopper.contexts.scheduling.domain.terms import Terms
from gymhopper.contracts.scheduling.appointments.events import (
    AppointmentChannel,
    AppointmentEnding,
    AppointmentState,
    AppointmentStatus,
)
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.money import Money

EARLIEST_MARK = timedelta(hours=2)
"""So long before an appointment somebody can be said to have come to it."""

ENTER_BEFORE = timedelta(minutes=30)
"""So long before an appointment doors let its person in; they do so until its end."""

_INSTANT = timedelta(microseconds=1)


@dataclass(eq=False, kw_only=True)
class Service:
    """Something that one person has with one instructor: personal training, an introduction.

    Times are in minutes. `notice_minutes` before its start at the latest a member books, and
    `free_minutes` before it a cancellation is in time; later it costs `late_fee`, and not to come
    `missed_fee`. It takes one of the `room_ids`, or none where it needs none. With a class type it
    takes a membership that covers classes of that type, and `credits` of one that has credits.
    """

    id: UUID
    organisation_id: UUID
    name: str
    class_type_id: UUID | None
    credits: int
    minutes: int
    buffer_before: int
    buffer_after: int
    step_minutes: int
    notice_minutes: int
    days_ahead: int
    free_minutes: int
    instructor_ids: tuple[UUID, ...]
    room_ids: tuple[UUID, ...]
    created_at: datetime
    late_fee: Money | None = None
    missed_fee: Money | None = None
    late_credits_back: bool = False
    missed_credits_back: bool = False
    retired_at: datetime | None = None
    version: int = 0

    def terms(self, fee_hours: int) -> Terms:
        """What an appointment is made on; staff may waive its fees for so long."""
        return Terms(
            late_fee=self.late_fee,
            missed_fee=self.missed_fee,
            late_credits_back=self.late_credits_back,
            missed_credits_back=self.missed_credits_back,
            fee_hours=fee_hours,
        )

    def change(self, given: Mapping[str, Any], now: datetime) -> None:
        """Take over what is given; appointments that are booked stay as they are."""
        for name, value in given.items():
            if name == "retired":
                self.retired_at = (self.retired_at or now) if value else None
            else:
                setattr(self, name, tuple(value) if isinstance(value, list) else value)
        self.check()

    def check(self) -> None:
        """Raises InvalidInput when it costs credits that are for no kind of class."""
        if self.credits and self.class_type_id is None:
            raise InvalidInput("Credits are for a kind of class: name it.", field="class_type_id")

    def require(self) -> None:
        """Raises Retired when it is not offered any more."""
        if self.retired_at is not None:
            raise Retired(f"{self.name} is not offered any more.", field="service_id")


def pattern_of(service: Any) -> Pattern:
    """How the appointments of a service, or of its row, lie in time."""
    return Pattern(
        minutes=service.minutes,
        before=service.buffer_before,
        after=service.buffer_after,
        step=service.step_minutes,
    )


def bookable(service: Any, now: datetime) -> Range:
    """Within which a member can have an appointment begin, of a service or its row: after now."""
    earliest = max(now + timedelta(minutes=service.notice_minutes), now + _INSTANT)
    return Range(earliest, now + timedelta(days=service.days_ahead))


@dataclass(eq=False, kw_only=True)
class Availability:
    """When an instructor takes appointments at a location."""

    id: UUID
    organisation_id: UUID
    instructor_id: UUID
    location_id: UUID
    hours: WorkingHours
    version: int = 0


@dataclass(eq=False, kw_only=True)
class Appointment:
    """One person and one instructor, `[start_at, until_at)`.

    The instructor and the room are kept free in `[kept_from, kept_until)`. From `free_until` on a
    cancellation is late, and `terms` are what that costs. `credits_known` tells that the ledger has
    heard of its credits.
    """

    id: UUID
    organisation_id: UUID
    location_id: UUID
    service_id: UUID
    instructor_id: UUID
    class_type_id: UUID | None
    room_id: UUID | None
    area_id: UUID | None
    person_id: UUID
    member_id: UUID | None
    membership_id: UUID | None
    start_at: datetime
    until_at: datetime
    kept_from: datetime
    kept_until: datetime
    zone: str
    channel: AppointmentChannel
    booked_at: datetime
    booked_by: str
    free_until: datetime
    terms: Terms
    credits: int = 0
    credits_known: bool = False
    status: AppointmentStatus = "booked"
    ending: AppointmentEnding | None = None
    version: int = 0

    def require_ahead(self, now: datetime) -> None:
        """Raises IllegalTransition when it cannot be given up any more."""
        if self.status != "booked":
            raise IllegalTransition(f"This appointment is {self.status}.")
        if now >= self.until_at:
            raise IllegalTransition("This appointment is over.")

    def end(self, ending: AppointmentEnding) -> None:
        """It does not take place, for that reason."""
        self.status, self.ending = "cancelled", ending

    def require_markable(self, status: AppointmentStatus, now: datetime) -> None:
        """Raises IllegalTransition when that cannot be said of it now."""
        if self.status == "cancelled":
            raise IllegalTransition("This appointment is cancelled.")
        if now < self.start_at - EARLIEST_MARK:
            raise IllegalTransition("This appointment is still ahead.")
        if status == "missed" and now < self.start_at:
            raise IllegalTransition("This appointment has not begun.")

    def state(self) -> AppointmentState:
        """As events tell of it."""
        return AppointmentState(
            appointment_id=self.id,
            organisation_id=self.organisation_id,
            location_id=self.location_id,
            service_id=self.service_id,
            instructor_id=self.instructor_id,
            class_type_id=self.class_type_id,
            room_id=self.room_id,
            area_id=self.area_id,
            person_id=self.person_id,
            member_id=self.member_id,
            membership_id=self.membership_id,
            channel=self.channel,
            status=self.status,
            start=self.start_at,
            until=self.until_at,
            zone=self.zone,
            enter_from=self.start_at - ENTER_BEFORE,
            enter_until=self.until_at,
            credits=self.credits,
        )
