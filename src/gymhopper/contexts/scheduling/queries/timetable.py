"""The timetable: what is on, where, and whether there is a place.

It is read more often than anything else here. First come the places that are asked for, thousands
at most; for each of them an index gives its next classes in order, so that it costs the same how
many there are in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.contexts.scheduling.domain.room import Spot
from gymhopper.contexts.scheduling.domain.rules import BookingRules, resolve
from gymhopper.contexts.scheduling.storage.tables import instructor
from gymhopper.kernel.errors import NotFound

_KM = (
    "12742.0 * asin(least(1.0, sqrt(sin(radians(p.latitude - :latitude) / 2) ^ 2"
    " + cos(radians(:latitude)) * cos(radians(p.latitude))"
    " * sin(radians(p.longitude - :longitude) / 2) ^ 2)))"
)
_CLASS = (
    "c.id, c.host_organisation_id, c.location_id, c.class_type_id, c.schedule_id, c.name,"
    " c.start_at, c.until_at, c.zone, c.room_id, c.instructor_ids, c.substitute, c.capacity,"
    " c.status, c.taken, c.waiting, c.version"
)
_LIST = (
    "SELECT c.*, p.place, p.city, p.km, t.name AS class_type, r.name AS room"
    " FROM (SELECT * FROM (SELECT p.location_id, p.state ->> 'name' AS place, p.city, p.zone,"
    " {km} AS km FROM scheduling.place AS p WHERE {places}) AS p WHERE {near}) AS p"
    " CROSS JOIN LATERAL (SELECT {columns} FROM scheduling.class AS c"
    " WHERE c.location_id = p.location_id AND {classes}"
    " ORDER BY c.start_at, c.id LIMIT :limit) AS c"
    " JOIN scheduling.class_type AS t ON t.id = c.class_type_id"
    " LEFT JOIN scheduling.room AS r ON r.id = c.room_id"
    " ORDER BY c.start_at, c.id LIMIT :limit"
)
_ONE = text(
    f"SELECT {_CLASS}, p.state ->> 'name' AS place, p.city, CAST(NULL AS float) AS km,"  # noqa: S608 - constants of this module
    " t.name AS class_type, t.description, t.credits, t.requirements, r.name AS room, r.spots"
    " FROM scheduling.class AS c JOIN scheduling.place AS p ON p.location_id = c.location_id"
    " JOIN scheduling.class_type AS t ON t.id = c.class_type_id"
    " LEFT JOIN scheduling.room AS r ON r.id = c.room_id WHERE c.id = :class_id"
)
_RULES = text(
    "SELECT organisation_id, location_id, class_type_id, rules FROM scheduling.booking_rules"
    " WHERE organisation_id = ANY(CAST(:organisations AS uuid[]))"
    " AND (location_id IS NULL OR location_id = ANY(CAST(:locations AS uuid[])))"
    " AND (class_type_id IS NULL OR class_type_id = ANY(CAST(:kinds AS uuid[])))"
    " ORDER BY class_type_id IS NOT NULL, location_id IS NOT NULL"
)
_SPOTS = text(
    "SELECT spot FROM scheduling.booking WHERE class_id = :class_id AND spot IS NOT NULL"
    " AND status NOT IN ('cancelled', 'waiting')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Places within so many kilometres of a point, as the crow flies."""

    latitude: float
    longitude: float
    km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableFilter:
    """Which classes; None asks for nothing. `on` is a date local to each place."""

    start: datetime
    until: datetime | None = None
    on: date | None = None
    location_id: UUID | None = None
    organisations: Sequence[UUID] | None = None
    city: str | None = None
    near: Near | None = None
    class_type_id: UUID | None = None
    instructor_id: UUID | None = None
    free: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A class as the timetable shows it: its row, who teaches, and the rules that hold."""

    row: Row[Any]
    instructors: Sequence[tuple[UUID, str]]
    rules: BookingRules


@dataclass(frozen=True, slots=True)
class Details:
    """A class on a page of its own."""

    entry: Entry
    requirements: Requirements
    spots: tuple[Spot, ...]


async def timetable(
    connection: AsyncConnection,
    wanted: TimetableFilter,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Entry]:
    """Classes by their start, from behind the one with this start and id."""
    places, classes = ["true"], ["true"]
    values: dict[str, Any] = {"limit": limit}
    for name, part in _PLACES.items():
        if (value := getattr(wanted, name)) is not None:
            places.append(part)
            values[name] = list(value) if name == "organisations" else value
    for name, part in _CLASSES.items():
        if (value := getattr(wanted, name)) not in (None, False):
            classes.append(part)
            values[name] = value
    if not wanted.cancelled:
        classes.append("c.status = 'scheduled'")
    if after is not None:
        classes.append("(c.start_at, c.id) > (:after_start, :after_id)")
        values["after_start"], values["after_id"] = after
    near = "true"
    if wanted.near is not None:
        near = "p.km <= :km"
        values |= {name: getattr(wanted.near, name) for name in ("latitude", "longitude", "km")}
    query = _LIST.format(
        columns=_CLASS,
        km="CAST(NULL AS float)" if wanted.near is None else _KM,
        places=" AND ".join(places),
        near=near,
        classes=" AND ".join(classes),
    )
    return await _entries(connection, (await connection.execute(text(query), values)).all())


_PLACES = {
    "location_id": "p.location_id = :location_id",
    "organisations": "p.organisation_id = ANY(CAST(:organisations AS uuid[]))",
    "city": "p.city = :city",
}
_CLASSES = {
    "start": "c.start_at >= :start",
    "until": "c.start_at < :until",
    "on": (
        "c.start_at >= CAST(CAST(:on AS date) AS timestamp) AT TIME ZONE p.zone"
        " AND c.start_at < CAST(CAST(:on AS date) + 1 AS timestamp) AT TIME ZONE p.zone"
    ),
    "class_type_id": "c.class_type_id = :class_type_id",
    "instructor_id": "c.instructor_ids @> ARRAY[CAST(:instructor_id AS uuid)]",
    "free": "(:free AND c.taken < c.capacity)",
}


async def class_details(connection: AsyncConnection, class_id: UUID) -> Details:
    """The class. Raises NotFound."""
    row = (await connection.execute(_ONE, {"class_id": class_id})).one_or_none()
    if row is None:
        raise NotFound("There is no class with this id.")
    [entry] = await _entries(connection, [row])
    return Details(
        entry,
        msgspec.convert(row.requirements, Requirements),
        msgspec.convert(row.spots or (), tuple[Spot, ...]),
    )


async def taken_spots(connection: AsyncConnection, class_id: UUID) -> set[str]:
    """The spots that somebody has, whoever it is; to be read for the platform."""
    return set((await connection.execute(_SPOTS, {"class_id": class_id})).scalars())


async def _entries(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Entry]:
    if not rows:
        return []
    ids = {each for row in rows for each in row.instructor_ids}
    names: dict[UUID, str] = {}
    if ids:
        asked = select(instructor.c.id, instructor.c.name).where(instructor.c.id.in_(ids))
        names = {each.id: each.name for each in await connection.execute(asked)}
    rules = await _rules(connection, rows)
    return [
        Entry(
            row,
            [(each, names.get(each, "")) for each in row.instructor_ids],
            rules[row.host_organisation_id, row.location_id, row.class_type_id],
        )
        for row in rows
    ]


async def _rules(
    connection: AsyncConnection, rows: Sequence[Row[Any]]
) -> dict[tuple[UUID, UUID, UUID], BookingRules]:
    """What holds, by organisation, location and kind of class."""
    keys = {(each.host_organisation_id, each.location_id, each.class_type_id) for each in rows}
    organisations, locations, kinds = (list(set(each)) for each in zip(*keys, strict=True))
    asked = {"organisations": organisations, "locations": locations, "kinds": kinds}
    said = (await connection.execute(_RULES, asked)).all()
    return {
        key: resolve(
            each.rules
            for each in said
            if each.organisation_id == key[0]
            and each.location_id in (None, key[1])
            and each.class_type_id in (None, key[2])
        )
        for key in keys
    }
