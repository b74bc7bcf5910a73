"""A class with all that a booking of it follows, held or only looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.domain.caps import Caps, Lane, lane
from gymhopper.contexts.scheduling.domain.eligibility import Occasion, Where
from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.contexts.scheduling.domain.room import Spot
from gymhopper.contexts.scheduling.domain.rules import BookingRules, resolve
from gymhopper.contexts.scheduling.domain.staffing import is_staffed
from gymhopper.contracts.scheduling.state import ClassState
from gymhopper.contracts.venues.events import LocationState
from gymhopper.kernel.errors import NotFound

_SCENE = (
    "SELECT c.id, c.host_organisation_id, c.location_id, c.class_type_id, c.schedule_id, c.name,"
    " c.start_at, c.until_at, c.zone, c.room_id, c.instructor_ids, c.capacity, c.status,"
    " c.substitute, c.taken, c.waiting, c.last_number, c.version, CAST(c.caps AS text) AS caps,"
    " t.credits, CAST(t.requirements AS text) AS requirements, r.area_id,"
    " CAST(r.spots AS text) AS spots, p.city, CAST(p.state ->> 'tier' AS integer) AS tier,"
    " coalesce(CAST(p.state ->> 'rollover_hour' AS integer), 0) AS rollover_hour,"
    " CASE WHEN t.requirements ->> 'staffed_below' IS NOT NULL"
    "   THEN CAST(p.state AS text) END AS staffing,"
    " (SELECT CAST(jsonb_agg(b.rules ORDER BY b.class_type_id IS NOT NULL,"
    "   b.location_id IS NOT NULL) AS text)"
    "  FROM scheduling.booking_rules AS b WHERE b.organisation_id = c.host_organisation_id"
    "  AND (b.location_id IS NULL OR b.location_id = c.location_id)"
    "  AND (b.class_type_id IS NULL OR b.class_type_id = c.class_type_id)) AS rules"
    " FROM scheduling.class AS c"
    " JOIN scheduling.class_type AS t ON t.id = c.class_type_id"
    " JOIN scheduling.place AS p ON p.location_id = c.location_id"
    " LEFT JOIN scheduling.room AS r ON r.id = c.room_id"
    " WHERE c.id = ANY(CAST(:class_ids AS uuid[]))"
)
_LOOK = text(_SCENE + " ORDER BY c.id")
_HOLD = text(_SCENE + " ORDER BY c.id FOR NO KEY UPDATE OF c")
_HOLD_ALL = text(
    "SELECT id FROM scheduling.class WHERE id = ANY(CAST(:class_ids AS uuid[]))"
    " ORDER BY id FOR NO KEY UPDATE"
)
_TAKEN = text(
    "SELECT class_id, channel, home_organisation_id,"
    " count(*) FILTER (WHERE status <> 'waiting') AS taken,"
    " count(*) FILTER (WHERE status = 'waiting') AS waiting FROM scheduling.booking"
    " WHERE class_id = ANY(CAST(:class_ids AS uuid[])) AND status <> 'cancelled'"
    " GROUP BY class_id, channel, home_organisation_id"
)

# A timetable has hundreds of classes and a handful of these; nothing of what they give is changed.
_caps = lru_cache(maxsize=1024)(msgspec.json.Decoder(Caps).decode)
_requirements = lru_cache(maxsize=1024)(msgspec.json.Decoder(Requirements).decode)
_place = lru_cache(maxsize=1024)(msgspec.json.Decoder(LocationState).decode)
_spots = lru_cache(maxsize=1024)(msgspec.json.Decoder(tuple[Spot, ...]).decode)
_said = msgspec.json.Decoder(list[dict[str, Any]]).decode


@dataclass(slots=True)
class Scene:
    """A class and what its bookings follow. The counts change as places are given.

    `taken_by` and `waiting_by` are filled where a channel has a cap.
    """

    state: ClassState
    occasion: Occasion
    rules: BookingRules
    caps: Caps
    spots: tuple[Spot, ...]
    version: int
    taken: int
    waiting: int
    last_number: int
    taken_by: dict[Lane, int]
    waiting_by: dict[Lane, int]

    @property
    def class_id(self) -> UUID:
        """The class's."""
        return self.state.class_id

    @property
    def free(self) -> int:
        """Places that nobody has."""
        return max(0, self.state.capacity - self.taken)

    def takes(self, of: Lane) -> bool:
        """Whether there is a place for a booking that counts there."""
        if self.free == 0:
            return False
        channel, network = of
        cap = self.caps.of(channel, network or self.state.host_organisation_id)
        return cap is None or self.taken_by.get(of, 0) < cap

    def fill(self, of: Lane, places: int = 1) -> None:
        """So many more are taken; fewer with a negative number."""
        self.taken += places
        self.taken_by[of] = self.taken_by.get(of, 0) + places

    def keep_waiting(self, of: Lane) -> None:
        """One more stands in line."""
        self.waiting += 1
        self.waiting_by[of] = self.waiting_by.get(of, 0) + 1

    def goes_first(self, now: datetime) -> bool:
        """Whether the line is given a free place before anybody who comes now. Nobody waits behind
        those who wait for another channel's places only."""
        if not self.line_moves(now):
            return False
        return not self.caps.any or any(
            waiting and self.takes(of) for of, waiting in self.waiting_by.items()
        )

    def line_moves(self, now: datetime) -> bool:
        """Whether somebody stands in line and would be given a free place."""
        return self.waiting > 0 and now < self.rules.cut_off(self.state.start)

    def line_is_open(self, now: datetime) -> bool:
        """Whether somebody more may stand in line."""
        most = self.rules.waitlist
        return (most is None or self.waiting < most) and now < self.state.start

    def late(self, now: datetime) -> bool:
        """Whether a cancellation would not be free any more."""
        return now >= self.rules.free_until(self.state.start)


async def hold_class(connection: AsyncConnection, class_id: UUID) -> Scene:
    """The class's row, held until the end of the transaction, with what goes with it. NotFound."""
    row = (await connection.execute(_HOLD, {"class_ids": [class_id]})).one_or_none()
    if row is None:
        raise NotFound("There is no class with this id.")
    scene = _scene(row)
    await _count(connection, {class_id: scene})
    return scene


async def hold_classes(connection: AsyncConnection, class_ids: Sequence[UUID]) -> None:
    """The rows of several, held in the order in which everybody holds them; those that are not
    there are left out."""
    await connection.execute(_HOLD_ALL, {"class_ids": list(class_ids)})


async def look_at_classes(connection: AsyncConnection, class_ids: list[UUID]) -> dict[UUID, Scene]:
    """The same of several, without holding any; those that are not there are left out."""
    rows = await connection.execute(_LOOK, {"class_ids": class_ids})
    found = {row.id: _scene(row) for row in rows}
    await _count(connection, found)
    return found


async def _count(connection: AsyncConnection, scenes: Mapping[UUID, Scene]) -> None:
    """What is taken and waited for through each channel, where that matters."""
    capped = [class_id for class_id, scene in scenes.items() if scene.caps.any]
    if capped:
        for each in await connection.execute(_TAKEN, {"class_ids": capped}):
            scene = scenes[each.class_id]
            of = lane(each.channel, each.home_organisation_id)
            scene.taken_by[of] = scene.taken_by.get(of, 0) + each.taken
            scene.waiting_by[of] = scene.waiting_by.get(of, 0) + each.waiting


@lru_cache(maxsize=1024)
def _rules(said: str | None) -> BookingRules:
    return resolve(_said(said) if said is not None else ())


def _scene(row: Any) -> Scene:
    rules = _rules(row.rules)
    state = ClassState(
        class_id=row.id,
        host_organisation_id=row.host_organisation_id,
        location_id=row.location_id,
        class_type_id=row.class_type_id,
        schedule_id=row.schedule_id,
        name=row.name,
        start=row.start_at,
        until=row.until_at,
        zone=row.zone,
        room_id=row.room_id,
        area_id=row.area_id,
        instructor_ids=tuple(row.instructor_ids),
        capacity=row.capacity,
        status=row.status,
        substitute=row.substitute,
    )
    where = Where(
        row.location_id,
        row.host_organisation_id,
        row.area_id,
        row.city,
        row.tier,
        row.zone,
        row.rollover_hour,
    )
    occasion = Occasion(
        row.id,
        row.class_type_id,
        where,
        row.start_at,
        row.until_at,
        row.credits,
        _requirements(row.requirements),
        rules,
        cancelled=row.status == "cancelled",
        # Only a kind of class that asks for it is told: the rest costs nothing.
        staffed=row.staffing is None
        or is_staffed(_place(row.staffing), row.start_at, row.until_at),
    )
    return Scene(
        state=state,
        occasion=occasion,
        rules=rules,
        caps=_caps(row.caps),
        spots=_spots(row.spots) if row.spots is not None else (),
        version=row.version,
        taken=row.taken,
        waiting=row.waiting,
        last_number=row.last_number,
        taken_by={},
        waiting_by={},
    )
