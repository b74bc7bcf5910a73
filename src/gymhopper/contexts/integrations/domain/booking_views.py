"""What gyms are told of classes and bookings: the one that runs the class, and the one whose member
comes."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.integrations.domain.told import Told
from gymhopper.contracts.event import Event
from gymhopper.contracts.scheduling import events
from gymhopper.contracts.scheduling.state import BookingStatus, Channel, Ending
from gymhopper.kernel.money import Money

CLASS_EVENTS: tuple[type[events.ClassEvent], ...] = (
    events.ClassScheduled,
    events.ClassChanged,
    events.ClassCancelled,
    events.InstructorSubstituted,
)
BOOKING_EVENTS: tuple[type[events.BookingEvent], ...] = (
    events.BookingMade,
    events.BookingWaitlisted,
    events.BookingOffered,
    events.BookingOfferEnded,
    events.BookingPromoted,
    events.BookingMoved,
    events.BookingCancelled,
    events.LateCancelUndone,
    events.BookingAttended,
    events.BookingMissed,
    events.AttendanceTakenBack,
    events.BookingFeeDue,
    events.BookingFeeWaived,
)


class BookingTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A booking as it is after the event, and what the event says besides.

    Who runs the class learns of their own members who it is, and of another organisation's that
    somebody comes; the home organisation learns which of its members it is, and not where they sit.
    """

    booking_id: UUID
    class_id: UUID
    class_type_id: UUID
    location_id: UUID
    channel: Channel
    status: BookingStatus
    start: datetime
    until: datetime
    you_are: Literal["host", "home", "host and home"]
    member_id: UUID | None = None
    person_id: UUID | None = None
    membership_id: UUID | None = None
    spot: str | None = None
    credits: int = 0
    position: int | None = None
    offered_until: datetime | None = None
    free_until: datetime | None = None
    ending: Ending | None = None
    had_place: bool | None = None
    credits_back: int = 0
    credits_again: int = 0
    fee: Money | None = None
    fee_id: UUID | None = None
    amount: Money | None = None
    why: str | None = None
    how: str | None = None


_PLAIN = (
    *("booking_id", "class_id", "class_type_id", "location_id", "channel", "status", "start"),
    "until",
)
_BESIDES = tuple(BookingTold.__struct_fields__[BookingTold.__struct_fields__.index("position") :])
_WHO = ("member_id", "person_id", "membership_id", "credits")


def tell_class(event: events.ClassEvent, _: UUID | None) -> list[Told]:
    """All of it, to whoever runs the class."""
    return [Told(event.occurrence.host_organisation_id, event)]


def tell_booking(event: Event, _: UUID | None) -> list[Told]:
    """To whoever runs the class, and to the member's own organisation where that is another."""
    assert isinstance(event, events.BookingEvent)  # noqa: S101 - the table of views says so
    booking = event.booking
    host, home = booking.host_organisation_id, booking.home_organisation_id
    plain: dict[str, Any] = {name: getattr(booking, name) for name in _PLAIN}
    plain |= {name: getattr(event, name) for name in _BESIDES if hasattr(event, name)}
    who = {name: getattr(booking, name) for name in _WHO}
    if host == home:
        both = BookingTold(**plain, **who, spot=booking.spot, you_are="host and home")
        return [Told(host, both)]
    return [
        Told(host, BookingTold(**plain, spot=booking.spot, you_are="host")),
        Told(home, BookingTold(**plain, **who, you_are="home")),
    ]
