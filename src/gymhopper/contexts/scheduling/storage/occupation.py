"""Who and what is where, and when: a room, an instructor, one class at a time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import psycopg.errors
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

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
    " AS n (id, organisation_id, resource_id, start, until, shared)"
)
_REMOVE = text("DELETE FROM scheduling.occupation WHERE id = ANY(CAST(:ids AS uuid[]))")


class _Row(msgspec.Struct, frozen=True):
    class_: Class
    resource_id: UUID


async def vacate(connection: AsyncConnection, class_ids: Sequence[UUID]) -> None:
    """They need nobody and nothing any more."""
    await connection.execute(_REMOVE, {"ids": list(class_ids)})


async def occupy(connection: AsyncConnection, classes: Sequence[Class], *, override: bool) -> None:
    """Put the classes' rooms and instructors there.

    Raises Occupied, which names who or what is somewhere else at that time; with `override` they
    are put there all the same.
    """
    rows = [
        _Row(each, resource)
        for each in classes
        for resource in dict.fromkeys((each.room_id, *each.instructor_ids))
        if resource is not None
    ]
    if not rows:
        return
    asked: dict[str, list[UUID] | list[datetime]] = {
        "ids": [each.class_.id for each in rows],
        "resources": [each.resource_id for each in rows],
        "starts": [each.class_.start_at for each in rows],
        "untils": [each.class_.until_at for each in rows],
    }
    in_the_way = (await connection.execute(_IN_THE_WAY, asked)).all()
    if in_the_way and not override:
        raise _occupied(rows, *in_the_way[0])
    known = {(each.id, each.resource_id) for each in in_the_way}
    try:
        await connection.execute(
            _ADD,
            {
                **asked,
                "organisations": [each.class_.host_organisation_id for each in rows],
                "shared": [(each.class_.id, each.resource_id) in known for each in rows],
            },
        )
    except IntegrityError as error:
        if isinstance(error.orig, psycopg.errors.ExclusionViolation):
            raise Occupied("Two classes need the same room or instructor at a time.") from error
        raise


def _occupied(
    rows: Sequence[_Row],
    class_id: UUID,
    _: UUID,
    start: datetime,
    until: datetime,
    room: str | None,
    instructor: str | None,
) -> Occupied:
    zone = next(each.class_.zone for each in rows if each.class_.id == class_id)
    first, last = local(start, zone), local(until, zone)
    name = room if instructor is None else instructor
    return Occupied(
        f"{name} is not free from {first:%Y-%m-%d %H:%M} to {last:%H:%M}.",
        field="room_id" if instructor is None else "instructor_ids",
    )
