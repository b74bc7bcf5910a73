"""A class with all that a booking of it follows, held or only looked at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.database import Asks
from gymhopper.contexts.scheduling.domain.caps import Caps, Lane, lane
from gymhopper.contexts.scheduling.domain.eligibility import Occasion, Where
from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.contexts.scheduling.domain.room import Spot
from gymhopper.contexts.scheduling.domain.rules import BookingRules, resolve
from gymhopper.contexts.scheduling.domain.staffing import is_staffed
from gymhopper.contracts.scheduling.state import ClassState, ClassStatus
from gymhopper.contracts.venues.events import LocationState
from gymhopper.kernel.errors import NotFound

COLUMNS = (
    "c.taken, c.waiting, c.last_number,"
    " c.id, c.host_organisation_id, c.location_id, c.class_type_id, c.schedule_id, c.name,"
    " c.start_at, c.until_at, c.zone, c.room_id, CAST(c.instructor_ids AS text) AS instructor_ids,"
    " c.capacity, c.status, c.substitute, c.version, CAST(c.caps AS text) AS caps, t.credits,"
    " CAST(t.requirements AS text) AS requirements, r.area_id,"
    " CAST(r.spots AS text) AS spots, p.city, CAST(p.state ->> 'tier' AS integer) AS tier,"
    " coalesce(CAST(p.state ->> 'rollover_hour' AS integer), 0) AS rollover_hour,"
    " CASE WHEN t.requirements ->> 'staffed_below' IS NOT NULL"
    "   THEN CAST(p.state AS text) END AS staffing,"
    " (SELECT CAST(jsonb_agg(b.rules ORDER BY b.class_type_id IS NOT NULL,"
    "   b.location_id IS NOT NULL) AS text)"
    "  FROM scheduling.booking_rules AS b WHERE b.organisation_id = c.host_organisation_id"
    "  AND (b.location_id IS NULL OR b.location_id = c.location_id)"
    "  AND (b.class_type_id IS NULL OR b.class_type_id = c.class_type_id)) AS rules"
)
"""What `scene_of` reads, before whatever else is asked for, of a class `c` with what `AROUND` puts
around it."""

_COUNTS = 3
"""So many of them change with every booking; the others when somebody edits something."""

AROUND = (
    " JOIN scheduling.class_type AS t ON t.id = c.class_type_id"
    " JOIN scheduling.place AS p ON p.location_id = c.location_id"
    " LEFT JOIN scheduling.room AS r ON r.id = c.room_id"
)
_SCENE = (
    f"SELECT {COLUMNS} FROM scheduling.class AS c{AROUND}"  # noqa: S608 - constants of this module
    " WHERE c.id = ANY(CAST(:class_ids AS uuid[])) ORDER BY c.id"
)
_LOOK = text(_SCENE)
_HOLD = text(_SCENE + " FOR NO KEY UPDATE OF c")
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

_caps = msgspec.json.Decoder(Caps).decode
_requirements = msgspec.json.Decoder(Requirements).decode
_place = lru_cache(maxsize=1024)(msgspec.json.Decoder(LocationState).decode)
_spots = msgspec.json.Decoder(tuple[Spot, ...]).decode
_said = msgspec.json.Decoder(list[dict[str, Any]]).decode


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What of a class stays as it is until somebody edits it or what is around it."""

    state: ClassState
    occasion: Occasion
    caps: Caps
    spots: tuple[Spot, ...]
    version: int


@dataclass(slots=True)
class Scene:
    """A class and what its bookings follow. The counts change as places are given.

    `taken_by` and `waiting_by` are filled where a channel has a cap.
    """

    setting: Setting
    taken: int
    waiting: int
    last_number: int
    taken_by: dict[Lane, int] = field(default_factory=dict)
    waiting_by: dict[Lane, int] = field(default_factory=dict)

    @property
    def state(self) -> ClassState:
        """What others are told of it."""
        return self.setting.state

    @property
    def occasion(self) -> Occasion:
        """What is asked of those who book."""
        return self.setting.occasion

    @property
    def rules(self) -> BookingRules:
        """Those that hold for it."""
        return self.setting.occasion.rules

    @property
    def caps(self) -> Caps:
        """Of its channels."""
        return self.setting.caps

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Of its room."""
        return self.setting.spots

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
    scene = scene_of(row)
    await count_channels(connection, [scene])
    return scene


async def hold_classes(connection: AsyncConnection, class_ids: Sequence[UUID]) -> None:
    """The rows of several, held in the order in which everybody holds them; those that are not
    there are left out."""
    await connection.execute(_HOLD_ALL, {"class_ids": list(class_ids)})


async def look_at_classes(connection: Asks, class_ids: list[UUID]) -> dict[UUID, Scene]:
    """The same of several, without holding any; those that are not there are left out."""
    rows = await connection.execute(_LOOK, {"class_ids": class_ids})
    found = {row.id: scene_of(row) for row in rows}
    await count_channels(connection, found.values())
    return found


async def count_channels(connection: Asks, scenes: Iterable[Scene]) -> None:
    """What is taken and waited for through each channel, where that matters."""
    capped = {each.class_id: each for each in scenes if each.caps.any}
    if capped:
        for each in await connection.execute(_TAKEN, {"class_ids": list(capped)}):
            scene = capped[each.class_id]
            of = lane(each.channel, each.home_organisation_id)
            scene.taken_by[of] = scene.taken_by.get(of, 0) + each.taken
            scene.waiting_by[of] = scene.waiting_by.get(of, 0) + each.waiting


def scene_of(row: Any) -> Scene:
    """The class of a row with `COLUMNS`; nothing is counted by channel yet."""
    return Scene(_setting(row[_COUNTS:_WIDTH]), *row[:_COUNTS])


class _Columns(NamedTuple):
    """What is read of a class, but for the counts."""

    id: UUID
    host_organisation_id: UUID
    location_id: UUID
    class_type_id: UUID
    schedule_id: UUID | None
    name: str
    start_at: datetime
    until_at: datetime
    zone: str
    room_id: UUID | None
    instructor_ids: str
    capacity: int
    status: ClassStatus
    substitute: bool
    version: int
    caps: str
    credits: int
    requirements: str
    area_id: UUID | None
    spots: str | None
    city: str
    tier: int
    rollover_hour: int
    staffing: str | None
    rules: str | None


_WIDTH = _COUNTS + len(_Columns._fields)


# The same week is read again and again, and all of this is only ever looked at: it is worked out
# once for a class as long as every column is what it was.
@lru_cache(maxsize=4096)
def _setting(columns: tuple[Any, ...]) -> Setting:
    row = _Columns(*columns)
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
        instructor_ids=tuple(UUID(each) for each in row.instructor_ids[1:-1].split(",") if each),
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
        resolve(_said(row.rules) if row.rules is not None else ()),
        cancelled=row.status == "cancelled",
        # Only a kind of class that asks for it is told: the rest costs nothing.
        staffed=row.staffing is None
        or is_staffed(_place(row.staffing), row.start_at, row.until_at),
    )
    spots = _spots(row.spots) if row.spots is not None else ()
    return Setting(state, occasion, _caps(row.caps), spots, row.version)
