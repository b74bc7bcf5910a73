"""What the ledger says: balances, and the entries that make them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.keyset import paged
from gymhopper.contexts.billing.domain.ledger import PERSONAL, AccountKind, Books, EntryKind
from gymhopper.contexts.billing.storage.ledger import account, entry, posting


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One account of some books, or all accounts of people of one kind: `of` is empty then.

    `opening` and `closing` are balances, `debit` and `credit` what moved in between, without sign.
    """

    kind: AccountKind
    of: str
    opening: int
    debit: int
    credit: int
    closing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalance:
    """All accounts of some books. The sum of what they hold is zero."""

    books: Books
    lines: Sequence[Line]

    @property
    def difference(self) -> int:
        """What is wrong: zero."""
        return sum(line.closing for line in self.lines)


async def trial_balances(
    connection: AsyncConnection,
    *,
    start: datetime | None = None,
    until: datetime | None = None,
    organisation_id: UUID | None = None,
    legal_entity_id: UUID | None = None,
) -> list[TrialBalance]:
    """All books' balances at `until`, or now, and what moved since `start`, or ever."""
    before = literal(False) if start is None else posting.c.happened_at < start  # noqa: FBT003 - SQL's own
    moved = ~before
    amount = posting.c.amount
    by_account = select(
        posting.c.account_id,
        _sum(amount, before).label("opening"),
        _sum(amount, moved & (amount > 0)).label("debit"),
        _sum(-amount, moved & (amount < 0)).label("credit"),
    ).group_by(posting.c.account_id)
    if until is not None:
        by_account = by_account.where(posting.c.happened_at < until)
    sums = by_account.subquery()
    of = case((account.c.kind.in_(PERSONAL), ""), else_=account.c.of).label("of")
    names = (account.c.organisation_id, account.c.legal_entity_id, account.c.currency)
    query = (
        select(
            *names,
            account.c.kind,
            of,
            *(func.sum(sums.c[name]).label(name) for name in ("opening", "debit", "credit")),
        )
        .join_from(sums, account, sums.c.account_id == account.c.id)
        .group_by(*names, account.c.kind, of)
        .order_by(*names, account.c.kind, of)
    )
    if organisation_id is not None:
        query = query.where(account.c.organisation_id == organisation_id)
    if legal_entity_id is not None:
        query = query.where(account.c.legal_entity_id == legal_entity_id)
    lines: dict[Books, list[Line]] = {}
    for row in await connection.execute(query):
        books = Books(
            organisation_id=row.organisation_id,
            legal_entity_id=row.legal_entity_id,
            currency=row.currency,
        )
        lines.setdefault(books, []).append(_line(row))
    return [TrialBalance(books=books, lines=found) for books, found in lines.items()]


def _sum(amount: ColumnElement[int], which: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(amount).filter(which), 0)


def _line(row: Row[Any]) -> Line:
    opening, debit, credit = int(row.opening), int(row.debit), int(row.credit)
    return Line(
        kind=row.kind,
        of=row.of,
        opening=opening,
        debit=debit,
        credit=credit,
        closing=opening + debit - credit,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPosting:
    """What an entry moves in one account."""

    kind: AccountKind
    of: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEntry:
    """An entry as it is kept."""

    id: UUID
    legal_entity_id: UUID
    currency: str
    kind: EntryKind
    cause: UUID
    claim_id: UUID | None
    billing_account_id: UUID | None
    happened_at: datetime
    recorded_at: datetime
    postings: Sequence[KeptPosting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries; None is any. `start` and `until` are of when they happened, half-open.

    The organisation is named beside the tenant wall so that an index leads to it.
    """

    organisation_id: UUID | None = None
    legal_entity_id: UUID | None = None
    claim_id: UUID | None = None
    billing_account_id: UUID | None = None
    kind: EntryKind | None = None
    start: datetime | None = None
    until: datetime | None = None

    def of(self, query: Select[Any]) -> Select[Any]:
        """The query with these alone."""
        c = entry.c
        for column, value in (
            (c.organisation_id, self.organisation_id),
            (c.legal_entity_id, self.legal_entity_id),
            (c.claim_id, self.claim_id),
            (c.billing_account_id, self.billing_account_id),
            (c.kind, self.kind),
        ):
            if value is not None:
                query = query.where(column == value)
        if self.start is not None:
            query = query.where(c.happened_at >= self.start)
        if self.until is not None:
            query = query.where(c.happened_at < self.until)
        return query


class Place(NamedTuple):
    """Where an entry stands in a list."""

    happened_at: datetime
    id: UUID


async def entries(
    connection: AsyncConnection,
    wanted: Wanted,
    *,
    after: Place | None,
    limit: int,
    oldest_first: bool = False,
) -> list[KeptEntry]:
    """Entries from behind a place on, the newest first unless told otherwise."""
    downwards = not oldest_first
    query = paged(
        wanted.of(select(entry)),
        entry.c,
        (("happened_at", downwards), ("id", downwards)),
        after,
    ).limit(limit)
    rows = (await connection.execute(query)).all()
    moved = await _postings(connection, [row.id for row in rows])
    return [
        KeptEntry(
            **{name: getattr(row, name) for name in _OWN},
            postings=moved.get(row.id, ()),
        )
        for row in rows
    ]


_OWN = tuple(name for name in KeptEntry.__dataclass_fields__ if name != "postings")


async def _postings(
    connection: AsyncConnection, ids: Iterable[UUID]
) -> Mapping[UUID, list[KeptPosting]]:
    rows = await connection.execute(
        select(posting.c.entry_id, account.c.kind, account.c.of, posting.c.amount)
        .join_from(posting, account, posting.c.account_id == account.c.id)
        .where(posting.c.entry_id.in_(list(ids)))
        .order_by(posting.c.entry_id, posting.c.line)
    )
    found: dict[UUID, list[KeptPosting]] = {}
    for row in rows:
        found.setdefault(row.entry_id, []).append(
            KeptPosting(kind=row.kind, of=row.of, amount=row.amount)
        )
    return found


async def balance(
    connection: AsyncConnection, kind: AccountKind, of: str, *, until: datetime | None = None
) -> Mapping[Books, int]:
    """What an account holds, in each of the books that have it."""
    query = (
        select(
            account.c.organisation_id,
            account.c.legal_entity_id,
            account.c.currency,
            func.sum(posting.c.amount).label("sum"),
        )
        .join_from(account, posting, posting.c.account_id == account.c.id)
        .where(account.c.kind == kind, account.c.of == of)
        .group_by(account.c.organisation_id, account.c.legal_entity_id, account.c.currency)
    )
    if until is not None:
        query = query.where(posting.c.happened_at < until)
    return {
        Books(
            organisation_id=row.organisation_id,
            legal_entity_id=row.legal_entity_id,
            currency=row.currency,
        ): int(row.sum)
        for row in await connection.execute(query)
    }
