"""What free times of a service are made of: hours, and what is in the way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.domain.appointment import pattern_of
from gymhopper.contexts.scheduling.domain.free_busy import (
    Pattern,
    Range,
    WorkingHours,
    free_starts,
)
from gymhopper.contexts.scheduling.domain.schedule import closed_days
from gymhopper.contexts.scheduling.storage.appointment_tables import availability
from gymhopper.contexts.scheduling.storage.tables import place
from gymhopper.contracts.venues.events import LocationState
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import NotFound

_BUSY = text(
    "SELECT resource_id, lower(during) AS start, upper(during) AS until"
    " FROM scheduling.occupation WHERE resource_id = ANY(CAST(:resources AS uuid[]))"
    " AND during && tstzrange(:start, :until)"
)
_WORKING = text(
    "SELECT a.instructor_id, a.hours FROM scheduling.availability AS a"
    " JOIN scheduling.instructor AS i ON i.id = a.instructor_id"
    " WHERE a.location_id = :location_id AND a.instructor_id = ANY(CAST(:instructors AS uuid[]))"
    " AND i.retired_at IS NULL"
).columns(availability.c.instructor_id, availability.c.hours)
_ROOMS = text(
    "SELECT id FROM scheduling.room WHERE location_id = :location_id"
    " AND id = ANY(CAST(:rooms AS uuid[])) AND retired_at IS NULL ORDER BY id"
)
_MARGIN = timedelta(days=2)
"""An appointment and what is kept free around it last less than this."""

Busy = dict[UUID, list[Range]]


async def place_for(
    connection: AsyncConnection, organisation_id: UUID, location_id: UUID
) -> LocationState:
    """The organisation's location. Raises NotFound."""
    query = select(place.c.state).where(
        place.c.location_id == location_id, place.c.organisation_id == organisation_id
    )
    found: LocationState | None = (await connection.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no location with this id.", field="location_id")
    return found


async def free_times(
    connection: AsyncConnection,
    service: Any,
    at: LocationState,
    instructors: Sequence[UUID],
    within: Range,
) -> dict[datetime, dict[UUID, UUID | None]]:
    """The starts at which some of the instructors are free for a service (or its row), each of them
    with a room that is; in order. The room is None for a service that names none.

    There are none on days on which the location is closed by an exception.
    """
    if at.status != "open" or within.start >= within.until:
        return {}
    pattern = pattern_of(service)
    asked = {"location_id": at.location_id, "instructors": list(instructors)}
    working: dict[UUID, WorkingHours] = {
        row.instructor_id: row.hours for row in await connection.execute(_WORKING, asked)
    }
    asked = {"location_id": at.location_id, "rooms": list(service.room_ids)}
    rooms = [row.id for row in await connection.execute(_ROOMS, asked)]
    busy = await _busy(connection, [*working, *rooms], within)
    closed = closed_days(at)
    found: dict[datetime, dict[UUID, UUID | None]] = {}
    for instructor_id in sorted(working):
        hours = working[instructor_id]
        for start in free_starts(pattern, hours, at.zone, busy[instructor_id], within):
            room = _free_room(pattern, start, rooms, busy)
            if (room is None and service.room_ids) or local_date(start, at.zone) in closed:
                continue
            found.setdefault(start, {})[instructor_id] = room
    return dict(sorted(found.items()))


async def _busy(connection: AsyncConnection, resources: Sequence[UUID], within: Range) -> Busy:
    """Where each of these is around those times."""
    asked = {
        "resources": list(resources),
        "start": within.start - _MARGIN,
        "until": within.until + _MARGIN,
    }
    found: Busy = {each: [] for each in resources}
    for row in await connection.execute(_BUSY, asked):
        found[row.resource_id].append(Range(row.start, row.until))
    return found


def _free_room(pattern: Pattern, start: datetime, rooms: Sequence[UUID], busy: Busy) -> UUID | None:
    around = pattern.around(start)
    return next((x for x in rooms if not any(around.meets(y) for y in busy[x])), None)
