"""The timetable: what is on, where, and whether there is a place.

It is read more often than anything else here. First come the places that are asked for, thousands
at most; for each of them an index gives its next classes in order, so that it costs the same how
many there are in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.database import Asks
from gymhopper.contexts.scheduling.queries.scene import AROUND, COLUMNS, Scene, scene_of
from gymhopper.kernel.errors import NotFound

_KM = (
    "12742.0 * asin(least(1.0, sqrt(sin(radians(p.latitude - :latitude) / 2) ^ 2"
    " + cos(radians(:latitude)) * cos(radians(p.latitude))"
    " * sin(radians(p.longitude - :longitude) / 2) ^ 2)))"
)
_SHOWN = COLUMNS + ", p.state ->> 'name' AS place, t.name AS class_type, r.name AS room"
_LIST = (
    "SELECT {shown}, f.km FROM (SELECT c.id, p.km"
    " FROM (SELECT * FROM (SELECT p.location_id, p.zone, {km} AS km"
    " FROM scheduling.place AS p WHERE {places}) AS p WHERE {near}) AS p"
    " CROSS JOIN LATERAL (SELECT c.id, c.start_at FROM scheduling.class AS c"
    " WHERE c.location_id = p.location_id AND {classes}"
    " ORDER BY c.start_at, c.id LIMIT :limit) AS c"
    " ORDER BY c.start_at, c.id LIMIT :limit) AS f"
    " JOIN scheduling.class AS c ON c.id = f.id{around} ORDER BY c.start_at, c.id"
)
_ONE = text(
    f"SELECT {_SHOWN}, CAST(NULL AS float) AS km, t.description"  # noqa: S608 - constants
    f" FROM scheduling.class AS c{AROUND} WHERE c.id = :class_id"
)
_NAMES = text("SELECT id, name FROM scheduling.instructor WHERE id = ANY(CAST(:ids AS uuid[]))")
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
    """A class as the timetable shows it: its row, who teaches, and what a booking of it follows.
    Nothing is counted by channel."""

    row: Any
    instructors: tuple[tuple[UUID, str], ...]
    scene: Scene


async def timetable(
    connection: Asks,
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
        shown=_SHOWN,
        around=AROUND,
        km="CAST(NULL AS float)" if wanted.near is None else _KM,
        places=" AND ".join(places),
        near=near,
        classes=" AND ".join(classes),
    )
    return await _entries(connection, list(await connection.execute(_text(query), values)))


# There are as many as there are combinations of what is asked for, and each takes a while to read.
_text = lru_cache(maxsize=1024)(text)

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


async def timetable_class(connection: Asks, class_id: UUID) -> Entry:
    """The class; its row has the `description`, too. Raises NotFound."""
    rows = list(await connection.execute(_ONE, {"class_id": class_id}))
    if not rows:
        raise NotFound("There is no class with this id.")
    [entry] = await _entries(connection, rows)
    return entry


async def taken_spots(connection: AsyncConnection, class_id: UUID) -> set[str]:
    """The spots that somebody has, whoever it is; to be read for the platform."""
    return set((await connection.execute(_SPOTS, {"class_id": class_id})).scalars())


async def _entries(connection: Asks, rows: Sequence[Any]) -> list[Entry]:
    scenes = [scene_of(row) for row in rows]
    ids = {each for scene in scenes for each in scene.state.instructor_ids}
    names: dict[UUID, str] = {}
    if ids:
        asked = await connection.execute(_NAMES, {"ids": list(ids)})
        names = {each.id: each.name for each in asked}
    return [
        Entry(row, tuple((each, names.get(each, "")) for each in scene.state.instructor_ids), scene)
        for row, scene in zip(rows, scenes, strict=True)
    ]
