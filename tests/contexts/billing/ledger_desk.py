"""The ledger on a runtime of its own, and a client of its routes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain import bookings
from gymhopper.contexts.billing.domain.bookings import Charged, Matter
from gymhopper.contexts.billing.domain.ledger import CASH, Books, Entry, clearing
from gymhopper.contexts.billing.storage import ledger
from gymhopper.contexts.billing.storage.credit_invariants import CREDIT
from gymhopper.contexts.billing.storage.invariants import INVARIANTS
from gymhopper.contexts.billing.usecases.post_entry import post
from gymhopper.kernel.ids import new_id

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
GYM, OTHER_GYM, ENTITY, SECOND_ENTITY, PAYER, CLAIM = (new_id() for _ in range(6))
BOOKS = Books(organisation_id=GYM, legal_entity_id=ENTITY, currency="EUR")
DUES = Charged(revenue={"membership": 2513}, tax={"standard": 477})
_OF_CLAIMS = {*CREDIT, "The ledger says of each claim what was given up"}
_INVARIANT_SQL = [
    sql for name, sql in INVARIANTS.items() if "ledger" in sql and name not in _OF_CLAIMS
]


def matter(*, books: Books = BOOKS, payer: UUID = PAYER, days: int = 0) -> Matter:
    return Matter(
        books=books,
        cause=new_id(),
        at=MARCH + timedelta(days=days),
        billing_account_id=payer,
        claim_id=CLAIM,
    )


@dataclass
class Desk:
    """A runtime with the ledger, and a client of its routes."""

    runtime: Runtime
    client: httpx.AsyncClient

    async def post(self, *entries: Entry) -> list[bool]:
        async with self.runtime.begin(SERVICE) as uow:
            return [await post(uow, entry) for entry in entries]

    async def get(self, path: str, caller: str = "desk", **params: Any) -> httpx.Response:
        return await self.client.get(
            f"/api/v1/ledger{path}", params=params, headers={"Authorization": f"Bearer {caller}"}
        )

    async def count(self, table: sa.Table) -> int:
        async with self.runtime.read(SERVICE) as connection:
            counted = await connection.execute(sa.select(sa.func.count()).select_from(table))
            return int(counted.scalar_one())

    async def cash(self) -> list[UUID]:
        """The tills' accounts, in the order of their currencies."""
        table = ledger.account
        async with self.runtime.read(SERVICE) as connection:
            found = await connection.execute(
                sa.select(table.c.id).where(table.c.kind == "cash").order_by(table.c.currency)
            )
            return list(found.scalars())

    async def insert(self, entry_id: UUID | None, postings: list[dict[str, Any]]) -> None:
        """Write past every rule of ours: an entry, where it has an id, and postings."""
        async with self.runtime.begin(SERVICE) as uow:
            if entry_id is not None:
                await uow.connection.execute(
                    sa.insert(ledger.entry).values(
                        id=entry_id,
                        organisation_id=GYM,
                        legal_entity_id=ENTITY,
                        currency="EUR",
                        kind="payment",
                        cause=new_id(),
                        happened_at=MARCH,
                        recorded_at=MARCH,
                    )
                )
            if postings:
                await uow.connection.execute(sa.insert(ledger.posting), postings)

    async def a_month(self) -> None:
        """Two invoices, one paid in cash and one by a card whose bank takes the money back."""
        stripe, other = clearing("stripe"), new_id()
        await self.post(
            bookings.invoice(matter(days=0), DUES),
            bookings.payment(matter(days=1), 2990, stripe),
            bookings.invoice(matter(payer=other, days=2), DUES),
            bookings.payment(matter(payer=other, days=3), 2990, CASH),
            bookings.payment_taken_back(matter(days=9), 2990, stripe, fee=1500),
        )

    async def broken(self) -> list[int]:
        async with self.runtime.read(SERVICE) as connection:
            return [(await connection.execute(sa.text(sql))).scalar_one() for sql in _INVARIANT_SQL]
