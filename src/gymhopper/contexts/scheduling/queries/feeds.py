"""What calendar feeds show, and which there are."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.domain.feed import FeedKind
from gymhopper.contexts.scheduling.domain.ics import Entry
from gymhopper.contexts.scheduling.storage.appointment_tables import appointment, service
from gymhopper.contexts.scheduling.storage.feed_tables import feed
from gymhopper.contexts.scheduling.storage.tables import booking, class_, instructor, place, room

BOOKINGS_BACK = timedelta(days=30)
CLASSES_BACK = timedelta(days=7)
CLASSES_AHEAD = timedelta(days=90)

MOST_ENTRIES = 2000

_MARKS = {"waiting": " (waitlist)", "offered": " (place offered)"}
"""What is told of a booking that is no place yet, behind the class's name."""

_SHOWN = ("booked", "attended", *_MARKS)


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """An address that was given away, without the address."""

    id: UUID
    organisation_id: UUID
    kind: FeedKind
    instructor_id: UUID | None
    location_id: UUID | None
    created_at: datetime
    last_read_on: date | None


async def feeds(
    connection: AsyncConnection, person_id: UUID | None, limit: int
) -> Sequence[FeedView]:
    """Those that are good, the latest first: a person's, or else those of classes."""
    columns = [feed.c[name] for name in FeedView.__struct_fields__]
    rows = await connection.execute(
        select(*columns)
        .where(feed.c.revoked_at.is_(None), feed.c.person_id == person_id)
        .order_by(feed.c.id.desc())
        .limit(limit)
    )
    return [FeedView(**row) for row in rows.mappings()]


async def bookings_of(
    connection: AsyncConnection, person_id: UUID, organisation_id: UUID, now: datetime
) -> Sequence[Entry]:
    """A person's bookings as a member of the organisation."""
    query = (
        _places(booking.c.id, booking.c.status, booking.c.version, booking.c.booked_at)
        .join(booking, booking.c.class_id == class_.c.id)
        .where(
            booking.c.person_id == person_id,
            booking.c.home_organisation_id == organisation_id,
            booking.c.start_at > now - BOOKINGS_BACK,
            booking.c.status.in_(_SHOWN),
            class_.c.status == "scheduled",
        )
        .order_by(booking.c.start_at, booking.c.id)
    )
    rows = await connection.execute(query.limit(MOST_ENTRIES))
    return [
        Entry(
            uid=str(row.id),
            start=row.start_at,
            until=row.until_at,
            summary=row.name + _MARKS.get(row.status, ""),
            place=_place(row),
            # Both only grow, so their sum does.
            sequence=row.class_version + row.version,
            made_at=row.booked_at,
            tentative=row.status in _MARKS,
        )
        for row in rows
    ]


async def classes_of_instructor(
    connection: AsyncConnection, instructor_id: UUID, organisation_id: UUID, now: datetime
) -> Sequence[Entry]:
    """What somebody teaches for the organisation."""
    taught = and_(
        class_.c.instructor_ids.contains([instructor_id]),
        class_.c.host_organisation_id == organisation_id,
    )
    return await _classes(connection, taught, now)


async def classes_at(
    connection: AsyncConnection, location_id: UUID, now: datetime
) -> Sequence[Entry]:
    """What takes place at a location."""
    return await _classes(connection, class_.c.location_id == location_id, now)


async def appointments_of_person(
    connection: AsyncConnection, person_id: UUID, organisation_id: UUID, now: datetime
) -> Sequence[Entry]:
    """A person's appointments at the organisation."""
    own = and_(
        appointment.c.person_id == person_id,
        appointment.c.organisation_id == organisation_id,
        appointment.c.start_at > now - BOOKINGS_BACK,
    )
    return await _appointments(connection, own)


async def appointments_of_instructor(
    connection: AsyncConnection, instructor_id: UUID, now: datetime
) -> Sequence[Entry]:
    """What somebody has with members, without their names: calendars wander."""
    taught = and_(
        appointment.c.instructor_id == instructor_id,
        appointment.c.start_at > now - CLASSES_BACK,
        appointment.c.start_at < now + CLASSES_AHEAD,
    )
    return await _appointments(connection, taught)


async def name_of_instructor(connection: AsyncConnection, instructor_id: UUID) -> str:
    """As the timetable has it."""
    query = select(instructor.c.name).where(instructor.c.id == instructor_id)
    return str((await connection.execute(query)).scalar_one())


async def name_of_location(connection: AsyncConnection, location_id: UUID) -> str:
    """As venues calls it."""
    query = select(place.c.state).where(place.c.location_id == location_id)
    return str((await connection.execute(query)).scalar_one().name)


async def _classes(
    connection: AsyncConnection, of: ColumnElement[bool], now: datetime
) -> Sequence[Entry]:
    query = (
        _places(
            class_.c.id, class_.c.version.label("sequence"), class_.c.created_at.label("made_at")
        )
        .where(
            of,
            class_.c.start_at > now - CLASSES_BACK,
            class_.c.start_at < now + CLASSES_AHEAD,
            class_.c.status == "scheduled",
        )
        .order_by(class_.c.start_at, class_.c.id)
    )
    return await _entries(connection, query)


async def _appointments(connection: AsyncConnection, of: ColumnElement[bool]) -> Sequence[Entry]:
    query = (
        select(
            service.c.name,
            appointment.c.id,
            appointment.c.start_at,
            appointment.c.until_at,
            appointment.c.version.label("sequence"),
            appointment.c.booked_at.label("made_at"),
            place.c.state,
            room.c.name.label("room_name"),
        )
        .select_from(appointment)
        .join(service, service.c.id == appointment.c.service_id)
        .join(place, place.c.location_id == appointment.c.location_id)
        .outerjoin(room, room.c.id == appointment.c.room_id)
        .where(of, appointment.c.status.in_(_SHOWN))
        .order_by(appointment.c.start_at, appointment.c.id)
    )
    return await _entries(connection, query)


async def _entries(connection: AsyncConnection, query: Select[Any]) -> Sequence[Entry]:
    """The first of them, each as its columns say."""
    rows = await connection.execute(query.limit(MOST_ENTRIES))
    return [
        Entry(
            uid=str(row.id),
            start=row.start_at,
            until=row.until_at,
            summary=row.name,
            place=_place(row),
            sequence=row.sequence,
            made_at=row.made_at,
        )
        for row in rows
    ]


def _places(*columns: Any) -> Select[Any]:
    return (
        select(
            class_.c.name,
            class_.c.start_at,
            class_.c.until_at,
            class_.c.version.label("class_version"),
            place.c.state,
            room.c.name.label("room_name"),
            *columns,
        )
        .select_from(class_)
        .join(place, place.c.location_id == class_.c.location_id)
        .outerjoin(room, room.c.id == class_.c.room_id)
    )


def _place(row: Any) -> str:
    parts = (row.room_name, row.state.name, row.state.city)
    return ", ".join(each for each in parts if each)
