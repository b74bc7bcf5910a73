"""Months of visits before the demonstration began, in the journal as if doors had written them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.access.domain.coverage import encode_coverage
from gymhopper.contexts.access.domain.hours import WallTime, visit_day
from gymhopper.contexts.access.domain.records import milliseconds, moment
from gymhopper.contexts.access.domain.usage import Spending
from gymhopper.contexts.access.gate.journal import JournalEntry
from gymhopper.contexts.access.jobs import open_cell
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.usecases.drain_journal import ensure_partitions, store_entries
from gymhopper.contexts.access.usecases.feed_cell import CellFeeder
from gymhopper.kernel.calendar import local, local_date, start_of_day
from gymhopper.sandbox.demo import rules
from gymhopper.sandbox.demo.keeping import Founded, FoundedDoor
from gymhopper.sandbox.demo.network import Network, Venue
from gymhopper.sandbox.demo.people import Progress, Registered, Standing, dice

CELL = "main"
DAYS = 91
BATCH = 2000
AT_HOME = 0.7
REFUSED = 0.03
TRIES = 4

# When people train: the weight of each hour of the day, on working days and on weekends.
_WORKING_DAY = (1, 0, 0, 0, 0, 2, 9, 14, 11, 6, 5, 6, 9, 7, 4, 5, 9, 16, 19, 15, 9, 5, 3, 2)
_WEEKEND = (1, 1, 0, 0, 0, 1, 2, 4, 9, 14, 16, 14, 10, 8, 8, 9, 9, 8, 6, 5, 4, 3, 2, 2)
_HOURS = range(24)

_NO_HISTORY = {Standing.NOT_STARTED, Standing.LAPSED, Standing.WITHDRAWN}


class Past:
    """What happened before `until` in the network; always the same for the same network."""

    def __init__(
        self,
        network: Network,
        founded: Founded,
        people: Sequence[Registered],
        zone: str,
        until: datetime,
    ) -> None:
        self._network = network
        self._founded = founded
        self._people = people
        self._zone = zone
        self._until = until
        self._doors: dict[str, list[FoundedDoor]] = {}
        open_doors = {
            (venue.name, door.name)
            for venue in network.venues
            for door in venue.doors
            if door.lets_in
        }
        for each in founded.doors:
            if (each.venue, each.name) in open_doors:
                self._doors.setdefault(each.venue, []).append(each)
        self._reachable = {
            (venue, offer.name): [
                other
                for other in network.venues
                if other.city == venue.city and rules.opens(offer.coverage, other)
            ]
            for venue in network.venues
            for offer in network.offers
        }

    def entries(self, passes: Mapping[UUID, UUID]) -> list[JournalEntry]:
        """The journal in the order of time; `passes` are the people's credentials."""
        entries = [
            entry
            for one in self._people
            if one.person.standing not in _NO_HISTORY
            for entry in self._life(one, passes.get(one.person_id))
        ]
        entries.sort(key=lambda each: (each.at, each.decision_id))
        return entries

    def _life(self, one: Registered, pass_id: UUID | None) -> Iterator[JournalEntry]:
        """The visits of one person, about one a day at most and no more than the plan has."""
        person, chance = one.person, dice("past", one.person.ref)
        today = local_date(self._until, self._zone)
        first = max(today - timedelta(days=DAYS), person.since(today))
        used: Counter[tuple[str, int]] = Counter()
        for number in range((today - first).days + 1):
            if chance.random() >= person.keenness:
                continue
            found = self._outing(one, first + timedelta(days=number), chance)
            if found is None:
                continue
            venue, at = found
            periods = self._periods(venue, at)
            if all(
                used[each.per, periods[each.per]] < each.visits
                for each in person.offer.coverage.quotas
            ):
                used.update(periods.items())
                yield self._entry(one, venue, at, pass_id, chance)

    def _periods(self, venue: Venue, at: datetime) -> dict[str, int]:
        """The day and the month that a visit counts for."""
        wall = WallTime.of(local(at, venue.city.zone))
        return {
            "day": visit_day(wall, rules.door_of(venue).rollover_hour),
            "month": WallTime.of(local(at, self._zone)).month,
        }

    def _outing(self, one: Registered, day: date, chance: Random) -> tuple[Venue, datetime] | None:
        """A place that is open to the person, and when; None when nothing suits that day."""
        person = one.person
        choice = self._reachable[person.home, person.offer.name]
        hours = _hours(day)
        for _ in range(TRIES):
            venue = person.home if chance.random() < AT_HOME else chance.choice(choice)
            hour = chance.choices(_HOURS, hours)[0]
            # Counted from midnight, so on two days of the year an hour beside what was meant.
            at = _midnight(day, venue.city.zone) + timedelta(
                hours=hour, milliseconds=chance.randrange(3_600_000)
            )
            if (
                at < self._until
                and rules.is_venue_open(venue, at)
                and rules.is_plan_hour(person.offer.coverage, venue, at)
            ):
                return venue, at
        return None

    def _entry(
        self, one: Registered, venue: Venue, at: datetime, pass_id: UUID | None, chance: Random
    ) -> JournalEntry:
        decision_id = _past_id(at, chance)
        place, door = self._founded.venues[venue.name], chance.choice(self._doors[venue.name])
        refused = chance.random() < REFUSED
        membership_id = one.membership_id.bytes
        entry = JournalEntry(
            kind="decision",
            decision_id=decision_id,
            at=milliseconds(at),
            device_id=door.device_id.bytes,
            door_id=door.door_id.bytes,
            location_id=place.location_id.bytes,
            host_organisation_id=place.organisation_id.bytes,
            outcome="deny" if refused else "allow",
            code="CREDENTIAL_UNKNOWN" if refused else "ALLOWED",
            request_id=decision_id.hex(),
            credential_kind="pass",
        )
        if refused:
            return entry
        periods = self._periods(venue, at)
        return msgspec.structs.replace(
            entry,
            person_id=one.person_id.bytes,
            credential_id=None if pass_id is None else pass_id.bytes,
            home_organisation_id=self._founded.operator_id.bytes,
            membership_id=membership_id,
            grant_id=membership_id,
            policy=encode_coverage(one.person.offer.coverage)[0],
            visit_id=decision_id,
            spending=Spending(
                membership_id,
                place.location_id.bytes,
                place.organisation_id.bytes,
                periods["day"],
                periods["month"],
            ),
            counted=True,
        )


async def record(runtime: Runtime, past: Past, progress: Progress) -> int:
    """Store the past and let the cell know what it used up; returns how many entries there are.

    Done again it stores only what is missing.
    """
    async with runtime.begin(SERVICE) as uow:
        held = await uow.connection.execute(
            sa.select(tables.credential.c.person_id, tables.credential.c.id)
        )
        entries = past.entries({row.person_id: row.id for row in held})
        if entries:
            await ensure_partitions(uow, moment(entries[0].at).date())
    for first in range(0, len(entries), BATCH):
        batch = entries[first : first + BATCH]
        async with runtime.begin(SERVICE) as uow:
            if not await _is_stored(uow.connection, batch[0]):
                await store_entries(uow, CELL, batch)
        progress("Visits of the past months", first + len(batch), len(entries))
    await _refill(runtime)
    return len(entries)


async def _refill(runtime: Runtime) -> None:
    """Fill the cell anew, so that it counts the present month's visits."""
    cell = open_cell(runtime)
    await cell.open()
    try:
        await CellFeeder(runtime, cell).rebuild()
    finally:
        await cell.close()


async def _is_stored(connection: AsyncConnection, entry: JournalEntry) -> bool:
    journal = tables.journal.c
    found = await connection.execute(
        sa.select(journal.entry).where(
            journal.location_id == UUID(bytes=entry.location_id),
            journal.at == moment(entry.at),
            journal.decision_id == UUID(bytes=entry.decision_id),
        )
    )
    return found.first() is not None


def busy_hour(wall: datetime) -> int:
    """How busy places are at that wall-clock time; a weight."""
    return _hours(wall.date())[wall.hour]


def _hours(day: date) -> tuple[int, ...]:
    return _WORKING_DAY if day.isoweekday() < 6 else _WEEKEND


@lru_cache(maxsize=2048)
def _midnight(day: date, zone: str) -> datetime:
    return start_of_day(day, zone)


def _past_id(at: datetime, chance: Random) -> bytes:
    """A UUIDv7 (RFC 9562) of that instant."""
    number = milliseconds(at) << 80 | 0x7 << 76 | chance.getrandbits(12) << 64
    return UUID(int=number | 0b10 << 62 | chance.getrandbits(62)).bytes
