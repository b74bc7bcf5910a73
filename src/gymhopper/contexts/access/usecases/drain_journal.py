"""Bring what gates wrote down into PostgreSQL: chained, stored, and visits published."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.records import moment
from gymhopper.contexts.access.gate.journal import JournalEntry, encode_entry
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.contexts.access.storage.valkey_feed import ValkeyFeed
from gymhopper.contexts.access.usecases.survivors import survivors
from gymhopper.contracts.access.events import VisitRecorded

# Doors come first: a rush is written down in small helpings with rests between them, some
# thousands of entries a second, unless so many wait that the cell's memory begins to matter.
BATCH = 128
URGENT = 50_000

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
# Row-level security rules out COPY; one INSERT from arrays is nearly as quick. Ids go as the text
# of their bytes: a UUID object for each would cost more than the rest of the row.
_INSERT_JOURNAL = text(
    "INSERT INTO access.journal (cell, entry, at, kind, decision_id, host_organisation_id,"
    " home_organisation_id, location_id, door_id, device_id, person_id, outcome, code, visit_id,"
    " record, hash) SELECT :cell, * FROM unnest(CAST(:entry AS bigint[]),"
    " CAST(:at AS timestamptz[]), CAST(:kind AS text[]), CAST(:decision_id AS uuid[]),"
    " CAST(:host_organisation_id AS uuid[]), CAST(:home_organisation_id AS uuid[]),"
    " CAST(:location_id AS uuid[]), CAST(:door_id AS uuid[]), CAST(:device_id AS uuid[]),"
    " CAST(:person_id AS uuid[]), CAST(:outcome AS text[]), CAST(:code AS text[]),"
    " CAST(:visit_id AS uuid[]), CAST(:record AS bytea[]), CAST(:hash AS bytea[]))"
)
_INSERT_VISITS = text(
    "INSERT INTO access.visit (id, at, person_id, membership_id, host_organisation_id,"
    " home_organisation_id, location_id, door_id, day, month, on_credit, week,"
    " cycle, booking_id, entry)"
    " SELECT * FROM unnest("
    "CAST(:visit_id AS uuid[]), CAST(:at AS timestamptz[]), CAST(:person_id AS uuid[]),"
    " CAST(:membership_id AS uuid[]), CAST(:host_organisation_id AS uuid[]),"
    " CAST(:home_organisation_id AS uuid[]), CAST(:location_id AS uuid[]),"
    " CAST(:door_id AS uuid[]), CAST(:day AS integer[]), CAST(:month AS integer[]),"
    " CAST(:on_credit AS boolean[]), CAST(:week AS integer[]), CAST(:cycle AS integer[]),"
    " CAST(:booking_id AS uuid[]), CAST(:entry AS bigint[]))"
)
_PARTITIONS = text("SELECT access.ensure_partitions(CAST(:day AS date), :months)")


_EVERYWHERE = (
    "host_organisation_id", "home_organisation_id", "location_id", "door_id", "person_id",
    "visit_id",
)  # fmt: skip


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
        """Drain the next entries; returns whether so many wait that there is no time to rest."""
        if not await self._journal.journal_length():
            return False
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
        return await self._journal.journal_length() > URGENT


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
    records, hashes = [], []
    for entry in entries:
        record = encode_entry(entry)
        end = chained(end, record)
        records.append(record)
        hashes.append(end)
    numbered = list(enumerate(await _as_known_now(uow, entries), number + 1))
    await uow.connection.execute(
        _INSERT_JOURNAL,
        {
            "cell": cell,
            **_columns(numbered, "kind", "decision_id", "device_id", "outcome", "code"),
            "record": records,
            "hash": hashes,
        },
    )
    visits = [(place, entry) for place, entry in numbered if entry.counted]
    if visits:
        spendings = [entry.spending for _, entry in visits]
        await uow.connection.execute(
            _INSERT_VISITS,
            {
                **_columns(visits, "membership_id"),
                "day": [0 if each is None else each.day for each in spendings],
                "month": [0 if each is None else each.month for each in spendings],
                "week": [0 if each is None else each.week for each in spendings],
                "cycle": [0 if each is None else each.cycle for each in spendings],
                "on_credit": [each is not None and each.credit for each in spendings],
                "booking_id": [
                    None if each is None or each.booking_id is None else each.booking_id.hex()
                    for each in spendings
                ],
            },
        )
    for place, entry in visits:
        _publish(uow, entry, place)
    return end


async def _as_known_now(uow: UnitOfWork, entries: Sequence[JournalEntry]) -> Sequence[JournalEntry]:
    """The same about the people who they are now: somebody may have been merged since the scan.

    Only the columns follow; the records are chained as the gate wrote them.
    """
    people = {each.person_id for each in entries if each.person_id is not None}
    known = await survivors(uow, [UUID(bytes=each) for each in people])
    if not known:
        return entries
    by_bytes = {
        (organisation.bytes, person.bytes): found.person_id.bytes
        for (organisation, person), found in known.items()
    }
    found = []
    for each in entries:
        owner = each.home_organisation_id or each.host_organisation_id
        survivor = by_bytes.get((owner, each.person_id or b""))
        found.append(
            each if survivor is None else msgspec.structs.replace(each, person_id=survivor)
        )
    return found


def _columns(entries: Sequence[tuple[int, JournalEntry]], *names: str) -> dict[str, list[object]]:
    """The named fields of numbered entries and those that every table has, a list for each."""
    found: dict[str, list[object]] = {
        "entry": [place for place, _ in entries],
        "at": [moment(entry.at) for _, entry in entries],
    }
    for name in (*_EVERYWHERE, *names):
        values = [getattr(entry, name) for _, entry in entries]
        found[name] = [each.hex() if isinstance(each, bytes) else each for each in values]
    return found


def chained(previous: bytes, record: bytes) -> bytes:
    """The hash of an entry: SHA-256 over the hash before it and its own bytes."""
    return sha256(previous + record).digest()


async def ensure_partitions(uow: UnitOfWork, first: date | None = None) -> None:
    """Have partitions for this month and the next two, and for all from the month of `first`."""
    today = uow.now.date()
    first = min(first or today, today)
    months = (today.year - first.year) * 12 + today.month - first.month + 3
    await uow.connection.execute(_PARTITIONS, {"day": first, "months": months})


def _publish(uow: UnitOfWork, entry: JournalEntry, number: int) -> None:
    assert entry.visit_id is not None  # noqa: S101 - what is counted has a visit and a person
    assert entry.person_id is not None  # noqa: S101 - what is counted has a visit and a person
    host, home = _known(entry.host_organisation_id), entry.home_organisation_id
    visit_id = UUID(bytes=entry.visit_id)
    uow.record(
        VisitAggregate(visit_id),
        VisitRecorded(
            visit_id=visit_id,
            person_id=UUID(bytes=entry.person_id),
            membership_id=_uuid(entry.membership_id),
            host_organisation_id=host,
            home_organisation_id=None if home is None else _known(home),
            location_id=_known(entry.location_id),
            door_id=_known(entry.door_id),
            at=moment(entry.at),
            entry=number,
            on_credit=entry.spending is not None and entry.spending.credit,
            booking_id=None if entry.spending is None else _uuid(entry.spending.booking_id),
        ),
        organisation_id=host,
    )


def _uuid(raw: bytes | None) -> UUID | None:
    return None if raw is None else UUID(bytes=raw)


@lru_cache(maxsize=4096)
def _known(raw: bytes) -> UUID:
    """The id of a place or an organisation: those are few, and making a UUID is slow."""
    return UUID(bytes=raw)
