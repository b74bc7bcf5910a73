"""Facts about classes and bookings."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from gymhopper.contracts.event import Event
from gymhopper.contracts.scheduling.state import BookingState, ClassState, Ending
from gymhopper.kernel.money import Money


class ClassTypeCreated(Event, frozen=True, kw_only=True):
    """An organisation offers classes of another kind."""

    type: ClassVar[str] = "scheduling.class_type.created.v1"
    class_type_id: UUID
    organisation_id: UUID
    name: str


class ClassTypeChanged(Event, frozen=True, kw_only=True):
    """A kind of class is called something else, or not offered any more."""

    type: ClassVar[str] = "scheduling.class_type.changed.v1"
    class_type_id: UUID
    organisation_id: UUID
    name: str
    retired: bool = False


class ClassEvent(Event, frozen=True, kw_only=True):
    """Something happened to a class."""

    occurrence: ClassState


class ClassScheduled(ClassEvent, frozen=True, kw_only=True):
    """A class stands in the timetable."""

    type: ClassVar[str] = "scheduling.class.scheduled.v1"


class ClassChanged(ClassEvent, frozen=True, kw_only=True):
    """A class is different from what it was `before`."""

    type: ClassVar[str] = "scheduling.class.changed.v1"
    before: ClassState


class ClassCancelled(ClassEvent, frozen=True, kw_only=True):
    """A class does not take place; each of its bookings is cancelled beside this."""

    type: ClassVar[str] = "scheduling.class.cancelled.v1"
    cause: Literal["gym", "holiday", "schedule"] = "gym"


class InstructorSubstituted(ClassEvent, frozen=True, kw_only=True):
    """Somebody else teaches; whom to tell was asked of whoever arranged it."""

    type: ClassVar[str] = "scheduling.class.instructor_substituted.v1"
    from_instructor_id: UUID
    to_instructor_id: UUID
    tell_members: bool = True
    tell_instructors: bool = True


class BookingEvent(Event, frozen=True, kw_only=True):
    """Something happened to a booking."""

    booking: BookingState


class BookingMade(BookingEvent, frozen=True, kw_only=True):
    """A person has a place."""

    type: ClassVar[str] = "scheduling.booking.made.v1"


class BookingWaitlisted(BookingEvent, frozen=True, kw_only=True):
    """A person stands in line; `position` counts from 1."""

    type: ClassVar[str] = "scheduling.booking.waitlisted.v1"
    position: int


class BookingOffered(BookingEvent, frozen=True, kw_only=True):
    """A free place is kept for whoever is first in line, until then."""

    type: ClassVar[str] = "scheduling.booking.offered.v1"
    offered_until: datetime


class BookingOfferEnded(BookingEvent, frozen=True, kw_only=True):
    """An offer was not taken, and the booking is back in line or cancelled, as its status says."""

    type: ClassVar[str] = "scheduling.booking.offer_ended.v1"
    why: Literal["declined", "expired", "withdrawn"]


class BookingPromoted(BookingEvent, frozen=True, kw_only=True):
    """Somebody who stood in line has a place.

    One that comes so late that a cancellation would cost something may be declined until
    `free_until`, at no cost.
    """

    type: ClassVar[str] = "scheduling.booking.promoted.v1"
    free_until: datetime | None = None


class BookingMoved(BookingEvent, frozen=True, kw_only=True):
    """A booking's spot, or its class's time or place, is different."""

    type: ClassVar[str] = "scheduling.booking.moved.v1"


class BookingCancelled(BookingEvent, frozen=True, kw_only=True):
    """A booking is no more. Fee, credits and what a partner earns follow apart from each other.

    `had_place` tells a place from a place in line. `credits_back` of its credits return; `fee` is
    what falls due later unless it is waived.
    """

    type: ClassVar[str] = "scheduling.booking.cancelled.v1"
    ending: Ending
    had_place: bool
    credits_back: int = 0
    fee: Money | None = None


class LateCancelUndone(BookingEvent, frozen=True, kw_only=True):
    """Staff say that a cancellation was in time after all: `credits_back` return now."""

    type: ClassVar[str] = "scheduling.booking.late_cancel_undone.v1"
    credits_back: int = 0


class BookingAttended(BookingEvent, frozen=True, kw_only=True):
    """The person came: staff say so, a door does, or nobody said otherwise."""

    type: ClassVar[str] = "scheduling.booking.attended.v1"
    how: Literal["staff", "door", "default"]
    visit_id: UUID | None = None


class BookingMissed(BookingEvent, frozen=True, kw_only=True):
    """The person did not come. See `BookingCancelled` for what follows."""

    type: ClassVar[str] = "scheduling.booking.missed.v1"
    how: Literal["staff", "default"]
    credits_back: int = 0
    fee: Money | None = None


class AttendanceTakenBack(BookingEvent, frozen=True, kw_only=True):
    """What was said of the attendance was a mistake: the booking is `booked` again.

    `credits_again` of those that had returned are taken anew.
    """

    type: ClassVar[str] = "scheduling.booking.attendance_taken_back.v1"
    credits_again: int = 0


class BookingFeeDue(BookingEvent, frozen=True, kw_only=True):
    """The time to waive a fee is over: it is charged."""

    type: ClassVar[str] = "scheduling.booking.fee_due.v1"
    fee_id: UUID
    amount: Money
    why: Literal["late_cancel", "no_show"]


class BookingFeeWaived(BookingEvent, frozen=True, kw_only=True):
    """A fee is not charged; staff said so, or what it was for did not happen."""

    type: ClassVar[str] = "scheduling.booking.fee_waived.v1"
    fee_id: UUID
    amount: Money


class StrikeGiven(Event, frozen=True, kw_only=True):
    """A late cancellation or a missed class counts against a person at an organisation.

    `count` is how many count now. `held_until` is set by the one that was too many: no bookings
    before then.
    """

    type: ClassVar[str] = "scheduling.strike.given.v1"
    strike_id: UUID
    organisation_id: UUID
    person_id: UUID
    booking_id: UUID
    count: int
    held_until: datetime | None = None


class StrikeTakenBack(Event, frozen=True, kw_only=True):
    """A strike does not count any more, nor does what followed from it."""

    type: ClassVar[str] = "scheduling.strike.taken_back.v1"
    strike_id: UUID
    organisation_id: UUID
    person_id: UUID
    booking_id: UUID
