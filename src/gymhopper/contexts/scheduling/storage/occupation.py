"""Who and what is where, and when: a room, an instructor, one class or appointment at a time."""

from collections.abc import Sequence, Set
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.errors import DeadlockDetected, ExclusionViolation
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.domain.appointment import Appointment
from gymhopper.contexts.scheduling.domain.errors import Occupied
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.kernel.calendar import local

# What was put there all the same is in the way of what comes later, too.
_IN_THE_WAY = text(
    "SELECT n.id, n.resource_id, o.start, o.until, r.name AS room, i.name AS instructor"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:resources AS uuid[]), CAST(:starts AS timestamptz[]),"
    " CAST(:untils AS timestamptz[])) AS n (id, resource_id, start, until)"
    " CROSS JOIN LATERAL (SELECT lower(during) AS start, upper(during) AS until"
    "  FROM scheduling.occupation AS o WHERE o.resource_id = n.resource_id AND o.id <> n.id"
    "  AND o.during && tstzrange(n.start, n.until) LIMIT 1) AS o"
    " LEFT JOIN scheduling.room AS r ON r.id = n.resource_id"
    " LEFT JOIN scheduling.instructor AS i ON i.id = n.resource_id"
    " ORDER BY n.start, n.id, n.resource_id"
)
_ADD = text(
    "INSERT INTO scheduling.occupation (id, organisation_id, resource_id, during, shared)"
    " SELECT id, organisation_id, resource_id, tstzrange(start, until), shared"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:organisations AS uuid[]), CAST(:resources AS uuid[]),"
    " CAST(:starts AS timestamptz[]), CAST(:untils AS timestamptz[]), CAST(:shared AS boolean[]))"
    " AS n (id, organisation_id, resource_id, start, until, shared) ORDER BY resource_id, start"
)
_REMOVE = text("DELETE FROM scheduling.occupation WHERE id = ANY(CAST(:ids AS uuid[]))")


class _Row(msgspec.Struct, frozen=True):
    id: UUID
    organisation_id: UUID
    resource_id: UUID
    start: datetime
    until: datetime


async def vacate(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """They need nobody and nothing any more."""
    await connection.execute(_REMOVE, {"ids": list(ids)})


async def occupy(connection: AsyncConnection, classes: Sequence[Class], *, override: bool) -> None:
    """Put the classes' rooms and instructors there.

    Raises Occupied, which names who or what is somewhere else at that time; with `override` they
    are put there all the same.
    """
    rows = [
        _Row(each.id, each.host_organisation_id, resource, each.start_at, each.until_at)
        for each in classes
        for resource in dict.fromkeys((each.room_id, *each.instructor_ids))
        if resource is not None
    ]
    if not rows:
        return
    asked = {
        "ids": [each.id for each in rows],
        "resources": [each.resource_id for each in rows],
        "starts": [each.start for each in rows],
        "untils": [each.until for each in rows],
    }
    in_the_way = (await connection.execute(_IN_THE_WAY, asked)).all()
    if in_the_way and not override:
        raise _occupied(classes, *in_the_way[0])
    await _add(connection, rows, {(each.id, each.resource_id) for each in in_the_way})


async def occupy_for_appointment(connection: AsyncConnection, made: Appointment) -> None:
    """Put its instructor and its room there, with what is kept free around it, and its person.

    Raises Occupied, also where a class was put there in the same instant.
    """
    of, kept = made.organisation_id, (made.kept_from, made.kept_until)
    rows = [_Row(made.id, of, made.person_id, made.start_at, made.until_at)]
    rows += [
        _Row(made.id, of, each, *kept)
        for each in (made.instructor_id, made.room_id)
        if each is not None
    ]
    await _add(connection, rows, set())


async def _add(
    connection: AsyncConnection, rows: Sequence[_Row], shared: Set[tuple[UUID, UUID]]
) -> None:
    added = {
        "ids": [each.id for each in rows],
        "organisations": [each.organisation_id for each in rows],
        "resources": [each.resource_id for each in rows],
        "starts": [each.start for each in rows],
        "untils": [each.until for each in rows],
        "shared": [(each.id, each.resource_id) in shared for each in rows],
    }
    try:
        await connection.execute(_ADD, added)
    except DBAPIError as error:
        # Of two that insert in one instant each finds the other's row, and waits for it.
        if isinstance(error.orig, ExclusionViolation | DeadlockDetected):
            raise Occupied("A room, an instructor or a person is not free at this time.") from error
        raise


def _occupied(
    classes: Sequence[Class],
    class_id: UUID,
    _: UUID,
    start: datetime,
    until: datetime,
    room: str | None,
    instructor: str | None,
) -> Occupied:
    zone = next(each.zone for each in classes if each.id == class_id)
    first, last = local(start, zone), local(until, zone)
    name = room if instructor is None else instructor
    return Occupied(
        f"{name} is not free from {first:%Y-%m-%d %H:%M} to {last:%H:%M}.",
        field="room_id" if instructor is None else "instructor_ids",
    )
