"""What access can be asked: visits, the journal, and the usage that follows from visits."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.keyset import Order, paged
from gymhopper.contexts.access.domain.records import Id, milliseconds
from gymhopper.contexts.access.domain.usage import (
    PastVisit,
    Spending,
    Usage,
    rebuilt,
    with_credits,
)
from gymhopper.contexts.access.storage import tables

LATEST_FIRST: Order = (("at", True), ("id", True))
VISITS_SORTED_BY = {"at": datetime, "id": UUID}
DECISIONS_SORTED_BY = {"at": datetime, "id": int}

_MONTH = timedelta(days=33)
_PEOPLE_AT_ONCE = 1000

_RECENT_VISITS = text(
    "WITH recent AS (SELECT person_id, id, at, coalesce(membership_id, booking_id)"
    " AS membership_id, location_id, host_organisation_id, day, month, week, cycle"
    " FROM access.visit WHERE (at >= :since OR cycle > :today)"
    " AND coalesce(membership_id, booking_id) IS NOT NULL)"
    # What went over to somebody else goes on being counted for them.
    " SELECT * FROM recent UNION ALL SELECT e.person_id, v.id, v.at, e.membership_id,"
    " v.location_id, v.host_organisation_id, v.day, v.month, v.week, v.cycle FROM recent AS v"
    " JOIN access.entitlement AS e ON CAST(e.state ->> 'continues' AS uuid) = v.membership_id"
    " ORDER BY person_id, at"
)
_CREDITS_USED = text(
    "SELECT person_id, membership_id, count(*) AS visits FROM access.visit"
    " WHERE on_credit AND membership_id IS NOT NULL GROUP BY person_id, membership_id"
)
_OURS = text(
    "SELECT person_id FROM access.entitlement WHERE person_id = ANY(:people)"
    " UNION SELECT person_id FROM access.credential WHERE person_id = ANY(:people)"
)
_CHAIN = text("SELECT entry, record, hash FROM access.journal WHERE cell = :cell ORDER BY entry")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which visits or decisions: of whom, where, and in `[start, until)`; None asks for nothing."""

    person_id: UUID | None = None
    location_id: UUID | None = None
    start: datetime | None = None
    until: datetime | None = None


class VisitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A visit; `at` is the instant of the admission."""

    id: UUID
    at: datetime
    person_id: UUID
    membership_id: UUID | None
    booking_id: UUID | None
    host_organisation_id: UUID
    home_organisation_id: UUID | None
    location_id: UUID
    door_id: UUID


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the journal; `id` is its number."""

    id: int
    at: datetime
    kind: str
    decision_id: UUID
    location_id: UUID
    door_id: UUID
    person_id: UUID | None
    outcome: str
    code: str
    visit_id: UUID | None


class HoldingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A credential without what a door knows it by."""

    id: UUID
    person_id: UUID
    kind: str
    ending: str
    start: datetime | None
    until: datetime | None
    revoked_at: datetime | None


class ChainReport(msgspec.Struct, frozen=True):
    """Whether the journal is whole: how many entries, and the first that does not fit."""

    entries: int
    broken_at: int | None


async def list_visits(
    connection: AsyncConnection,
    wanted: Wanted,
    *,
    order: Order = LATEST_FIRST,
    after: Sequence[object] | None = None,
    limit: int,
) -> list[VisitRow]:
    """Visits that the caller's organisation is a party to, from behind the given values."""
    query = paged(_narrowed(tables.visit, wanted), tables.visit.c, order, after)
    rows = (await connection.execute(query.limit(limit))).all()
    return [VisitRow(**{name: getattr(row, name) for name in _VISIT_FIELDS}) for row in rows]


async def list_decisions(
    connection: AsyncConnection,
    wanted: Wanted,
    *,
    order: Order = LATEST_FIRST,
    after: Sequence[object] | None = None,
    limit: int,
) -> list[DecisionRow]:
    """Answers of doors that the caller's organisation is a party to, from behind the values."""
    journal = tables.journal
    columns = {"at": journal.c.at, "id": journal.c.entry}
    query = paged(_narrowed(journal, wanted), columns, order, after)
    rows = (await connection.execute(query.limit(limit))).all()
    return [
        DecisionRow(id=row.entry, **{name: getattr(row, name) for name in _DECISION_FIELDS})
        for row in rows
    ]


def _narrowed(table: sa.Table, wanted: Wanted) -> sa.Select[Any]:
    query = sa.select(table)
    for name in ("person_id", "location_id"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(table.c[name] == value)
    if wanted.start is not None:
        query = query.where(table.c.at >= wanted.start)
    if wanted.until is not None:
        query = query.where(table.c.at < wanted.until)
    return query


async def our_people(connection: AsyncConnection, people: Collection[UUID]) -> set[UUID]:
    """Those of the people who have a right or a credential from who asks: not mere visitors."""
    if not people:
        return set()
    return set((await connection.execute(_OURS, {"people": list(set(people))})).scalars())


async def list_credentials(connection: AsyncConnection, *, person_id: UUID) -> list[HoldingRow]:
    """The person's credentials that the caller may see, the newest first."""
    held = tables.credential.c
    columns = [held[name] for name in HoldingRow.__struct_fields__]
    rows = await connection.execute(
        sa.select(*columns).where(held.person_id == person_id).order_by(held.id.desc())
    )
    return [HoldingRow(**row) for row in rows.mappings()]


async def usages(
    connection: AsyncConnection, now: datetime
) -> AsyncIterator[Sequence[tuple[Id, Usage]]]:
    """What people have used up in the periods that run, in batches, from stored visits.

    Credits are counted as far back as there are visits.
    """
    batch: list[tuple[Id, Usage]] = []
    at = milliseconds(now)
    spent: dict[UUID, list[tuple[Id, int]]] = defaultdict(list)
    for row in await connection.execute(_CREDITS_USED):
        spent[row.person_id].append((row.membership_id.bytes, row.visits))
    # A day may have begun in the contract's zone that it has not in UTC.
    since = {"since": now - _MONTH, "today": now.date().toordinal() - 1}
    rows = (await connection.execute(_RECENT_VISITS, since)).all()
    for person_id, visits in groupby(rows, key=attrgetter("person_id")):
        usage = rebuilt([_past(each) for each in visits], at)
        batch.append((person_id.bytes, with_credits(usage, spent.pop(person_id, ()))))
        if len(batch) == _PEOPLE_AT_ONCE:
            yield batch
            batch = []
    for person_id, used in spent.items():
        batch.append((person_id.bytes, with_credits(Usage(), used)))
        if len(batch) == _PEOPLE_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def verify_chain(connection: AsyncConnection, cell: str) -> ChainReport:
    """Read the whole journal and compute its chain anew."""
    end, count = bytes(32), 0
    async with connection.stream(_CHAIN, {"cell": cell}) as rows:
        async for row in rows:
            count += 1
            end = sha256(end + row.record).digest()
            if row.entry != count or row.hash != end:
                return ChainReport(count, row.entry)
    return ChainReport(count, None)


def _past(row: Row[Any]) -> PastVisit:
    spending = Spending(
        row.membership_id.bytes,
        row.location_id.bytes,
        row.host_organisation_id.bytes,
        row.day,
        row.month,
        week=row.week,
        cycle=row.cycle,
    )
    return PastVisit(row.id.bytes, milliseconds(row.at), spending)


_VISIT_FIELDS = VisitRow.__struct_fields__
_DECISION_FIELDS = [name for name in DecisionRow.__struct_fields__ if name != "id"]
