"""Reads of bookings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.terms import Terms
from gymhopper.contexts.scheduling.storage.tables import booking, class_
from gymhopper.contracts.scheduling.state import BookingStatus, Channel, Ending
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingView:
    """A booking with what is shown of its class; `position` is its place in line, from 1."""

    id: UUID
    class_id: UUID
    class_name: str
    location_id: UUID
    zone: str
    host_organisation_id: UUID
    home_organisation_id: UUID
    person_id: UUID
    member_id: UUID
    membership_id: UUID | None
    channel: Channel
    status: BookingStatus
    number: int
    start_at: datetime
    until_at: datetime
    spot: str | None
    credits: int
    terms: Terms
    bypassed: tuple[str, ...]
    booked_at: datetime
    free_until: datetime
    wait_until: datetime | None
    offered_until: datetime | None
    host_booking_id: UUID | None
    host_person_id: UUID | None
    ended_at: datetime | None
    ending: Ending | None
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFilter:
    """Which bookings; None is not asked."""

    class_id: UUID | None = None
    member_id: UUID | None = None
    membership_id: UUID | None = None
    status: BookingStatus | None = None
    from_: datetime | None = None
    until: datetime | None = None


_OF_CLASS = ("class_name", "location_id", "zone", "position")
_OWN = [name for name in BookingView.__dataclass_fields__ if name not in _OF_CLASS]
# The function counts those before them, too, of whom the caller sees nothing else.
_POSITION = case(
    (
        booking.c.status == "waiting",
        func.scheduling.waiting_up_to(booking.c.class_id, booking.c.number),
    )
)


def _views() -> Select[Any]:
    return select(
        *(booking.c[name] for name in _OWN),
        class_.c.name.label("class_name"),
        class_.c.location_id,
        class_.c.zone,
        _POSITION.label("position"),
    ).join(class_, class_.c.id == booking.c.class_id)


async def booking_view(connection: AsyncConnection, booking_id: UUID) -> BookingView:
    """The booking. Raises NotFound."""
    query = _views().where(booking.c.id == booking_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no booking with this id.")
    return BookingView(**row)


async def booking_views(
    connection: AsyncConnection,
    wanted: BookingFilter,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[BookingView]:
    """The wanted bookings by the start of their classes, from behind the one there."""
    query = _views()
    for name in ("class_id", "member_id", "membership_id", "status"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(booking.c[name] == value)
    if wanted.from_ is not None:
        query = query.where(booking.c.until_at > wanted.from_)
    if wanted.until is not None:
        query = query.where(booking.c.start_at < wanted.until)
    if after is not None:
        start, key = after
        query = query.where(
            or_(
                booking.c.start_at > start,
                and_(booking.c.start_at == start, booking.c.id > key),
            )
        )
    query = query.order_by(booking.c.start_at, booking.c.id).limit(limit)
    return [BookingView(**row) for row in (await connection.execute(query)).mappings()]


def view_of(
    given: Booking, *, name: str, location_id: UUID, zone: str, position: int | None
) -> BookingView:
    """A booking that was just made, as it will be read."""
    return BookingView(
        **{each: getattr(given, each) for each in _OWN},
        class_name=name,
        location_id=location_id,
        zone=zone,
        position=position,
    )
