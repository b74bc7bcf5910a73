"""Bring what gates wrote down into PostgreSQL: chained, stored, and visits published."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.records import moment
from gymhopper.contexts.access.gate.journal import JournalEntry, encode_entry
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.contexts.access.storage.valkey_feed import ValkeyFeed
from gymhopper.contracts.access.events import VisitRecorded

BATCH = 2000

# Whoever holds the row drains; another process that tries goes away empty-handed.
_CLAIM = text(
    "SELECT stream_id, entry, hash FROM access.drain WHERE cell = :cell FOR UPDATE SKIP LOCKED"
)
_CLAIM_IN_TURN = text("SELECT entry, hash FROM access.drain WHERE cell = :cell FOR UPDATE")
_MOVE = text(
    "UPDATE access.drain SET stream_id = :stream_id, entry = :entry, hash = :hash"
    " WHERE cell = :cell"
)
_LENGTHEN = text("UPDATE access.drain SET entry = :entry, hash = :hash WHERE cell = :cell")
# Row-level security rules out COPY; one INSERT from arrays is nearly as quick.
_INSERT_JOURNAL = text(
    "INSERT INTO access.journal (entry, at, cell, kind, decision_id, host_organisation_id,"
    " home_organisation_id, location_id, door_id, device_id, person_id, outcome, code, visit_id,"
    " record, hash) SELECT * FROM unnest(CAST(:c0 AS bigint[]), CAST(:c1 AS timestamptz[]),"
    " CAST(:c2 AS text[]), CAST(:c3 AS text[]), CAST(:c4 AS uuid[]), CAST(:c5 AS uuid[]),"
    " CAST(:c6 AS uuid[]), CAST(:c7 AS uuid[]), CAST(:c8 AS uuid[]), CAST(:c9 AS uuid[]),"
    " CAST(:c10 AS uuid[]), CAST(:c11 AS text[]), CAST(:c12 AS text[]), CAST(:c13 AS uuid[]),"
    " CAST(:c14 AS bytea[]), CAST(:c15 AS bytea[]))"
)
_INSERT_VISITS = text(
    "INSERT INTO access.visit (id, at, person_id, membership_id, host_organisation_id,"
    " home_organisation_id, location_id, door_id, day, month, entry) SELECT * FROM unnest("
    "CAST(:c0 AS uuid[]), CAST(:c1 AS timestamptz[]), CAST(:c2 AS uuid[]), CAST(:c3 AS uuid[]),"
    " CAST(:c4 AS uuid[]), CAST(:c5 AS uuid[]), CAST(:c6 AS uuid[]), CAST(:c7 AS uuid[]),"
    " CAST(:c8 AS integer[]), CAST(:c9 AS integer[]), CAST(:c10 AS bigint[]))"
)
_PARTITIONS = text("SELECT access.ensure_partitions(CAST(:day AS date), :months)")


class VisitAggregate(msgspec.Struct):
    """A visit as the event log sees it: it happens once."""

    id: UUID
    version: int = 0


class JournalDrain:
    """The one drain of a cell.

    Rows, chain, events and the place in the stream are one transaction: an entry is stored exactly
    once, however often this is killed. The stream is trimmed after the commit.
    """

    def __init__(self, runtime: Runtime, cell: ValkeyCell, name: str = "main") -> None:
        self._runtime = runtime
        self._journal = ValkeyFeed(cell)
        self._name = name

    async def step(self) -> bool:
        """Drain the next entries; returns whether more are waiting."""
        async with self._runtime.begin(SERVICE) as uow:
            place = (await uow.connection.execute(_CLAIM, {"cell": self._name})).one_or_none()
            if place is None:
                return False
            entries = await self._journal.read_journal(place.stream_id.encode(), BATCH)
            if not entries:
                return False
            last = entries[-1][0]
            end = await _store(
                uow, self._name, [each for _, each in entries], place.entry, place.hash
            )
            await uow.connection.execute(
                _MOVE,
                {
                    "cell": self._name,
                    "stream_id": last.decode(),
                    "entry": place.entry + len(entries),
                    "hash": end,
                },
            )
        await self._journal.trim_journal(last)
        return len(entries) == BATCH


async def store_entries(uow: UnitOfWork, cell: str, entries: Sequence[JournalEntry]) -> None:
    """Store entries that reach the cell's journal by another way than its stream.

    They are chained, become visits and are published like those that come through it. A few
    thousand at a time: they are one transaction, and the drain waits for its end.
    """
    place = (await uow.connection.execute(_CLAIM_IN_TURN, {"cell": cell})).one()
    end = await _store(uow, cell, entries, place.entry, place.hash)
    await uow.connection.execute(
        _LENGTHEN, {"cell": cell, "entry": place.entry + len(entries), "hash": end}
    )


async def _store(
    uow: UnitOfWork, cell: str, entries: Sequence[JournalEntry], number: int, end: bytes
) -> bytes:
    """Write entries after that number and end of the chain; returns the new end."""
    journal, visits = [], []
    for entry in entries:
        number += 1
        record = encode_entry(entry)
        end = chained(end, record)
        journal.append(_journal_row(entry, number, cell, record, end))
        if entry.counted:
            visits.append(_visit_row(entry, number))
            _publish(uow, entry, number)
    await _insert(uow.connection, _INSERT_JOURNAL, journal)
    if visits:
        await _insert(uow.connection, _INSERT_VISITS, visits)
    return end


def chained(previous: bytes, record: bytes) -> bytes:
    """The hash of an entry: SHA-256 over the hash before it and its own bytes."""
    return sha256(previous + record).digest()


async def ensure_partitions(uow: UnitOfWork, first: date | None = None) -> None:
    """Have partitions for this month and the next two, and for all from the month of `first`."""
    today = uow.now.date()
    first = min(first or today, today)
    months = (today.year - first.year) * 12 + today.month - first.month + 3
    await uow.connection.execute(_PARTITIONS, {"day": first, "months": months})


def _journal_row(
    entry: JournalEntry, number: int, cell: str, record: bytes, end: bytes
) -> tuple[object, ...]:
    return (
        number,
        moment(entry.at),
        cell,
        entry.kind,
        UUID(bytes=entry.decision_id),
        UUID(bytes=entry.host_organisation_id),
        _uuid(entry.home_organisation_id),
        UUID(bytes=entry.location_id),
        UUID(bytes=entry.door_id),
        UUID(bytes=entry.device_id),
        _uuid(entry.person_id),
        entry.outcome,
        entry.code,
        _uuid(entry.visit_id),
        record,
        end,
    )


def _visit_row(entry: JournalEntry, number: int) -> tuple[object, ...]:
    spending = entry.spending
    return (
        _uuid(entry.visit_id),
        moment(entry.at),
        _uuid(entry.person_id),
        _uuid(entry.membership_id),
        UUID(bytes=entry.host_organisation_id),
        _uuid(entry.home_organisation_id),
        UUID(bytes=entry.location_id),
        UUID(bytes=entry.door_id),
        0 if spending is None else spending.day,
        0 if spending is None else spending.month,
        number,
    )


def _publish(uow: UnitOfWork, entry: JournalEntry, number: int) -> None:
    assert entry.visit_id is not None  # noqa: S101 - what is counted has a visit and a person
    assert entry.person_id is not None  # noqa: S101 - what is counted has a visit and a person
    host = UUID(bytes=entry.host_organisation_id)
    visit_id = UUID(bytes=entry.visit_id)
    uow.record(
        VisitAggregate(visit_id),
        VisitRecorded(
            visit_id=visit_id,
            person_id=UUID(bytes=entry.person_id),
            membership_id=_uuid(entry.membership_id),
            host_organisation_id=host,
            home_organisation_id=_uuid(entry.home_organisation_id),
            location_id=UUID(bytes=entry.location_id),
            door_id=UUID(bytes=entry.door_id),
            at=moment(entry.at),
            entry=number,
        ),
        organisation_id=host,
    )


def _uuid(raw: bytes | None) -> UUID | None:
    return None if raw is None else UUID(bytes=raw)


async def _insert(
    connection: AsyncConnection, statement: TextClause, rows: Sequence[tuple[object, ...]]
) -> None:
    columns = zip(*rows, strict=True)
    await connection.execute(statement, {f"c{i}": list(each) for i, each in enumerate(columns)})
