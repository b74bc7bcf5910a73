"""A seller with rates of tax, who issues documents."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.document import Content, Document, Party, TaxNumber
from gymhopper.contexts.billing.domain.payer import Addressee, BillTo
from gymhopper.contexts.billing.domain.seller import Seller
from gymhopper.contexts.billing.domain.tax import TaxRate
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.storage.invariants import INVARIANTS
from gymhopper.contexts.billing.storage.sealed import open_content, seal_addressee
from gymhopper.contexts.billing.usecases.issue_credit_note import issue_credit_note
from gymhopper.contexts.billing.usecases.issue_invoice import InvoiceOrder, issue_invoice
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.period import Period

MARCH = Period(
    datetime(2026, 2, 28, 23, tzinfo=UTC),
    datetime(2026, 3, 31, 22, tzinfo=UTC),
)
"""The month in Berlin."""


@dataclass(frozen=True)
class Line:
    """A line of an order."""

    amount: int = 2990
    tax_code: str = "standard"
    text: str = "Basic"
    kind: str = "period"
    period: Period | None = None


ONE = (Line(),)


@dataclass
class Shop:
    """Issues documents for one legal entity, each in a transaction of its own."""

    runtime: Runtime
    organisation: UUID = field(default_factory=new_id)
    legal_entity: UUID = field(default_factory=new_id)
    account: UUID = field(default_factory=new_id)
    person: UUID = field(default_factory=new_id)

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[UnitOfWork]:
        desk = AuthSubject(
            kind="staff", id=new_id(), organisation_id=self.organisation, scopes=frozenset({"*"})
        )
        async with self.runtime.begin(desk) as uow:
            yield uow

    async def open(self, **seller: Any) -> None:
        """Become known to billing, with a customer and the German rates."""
        known = {
            "name": "Nordsport GmbH",
            "lines": ("Torstraße 1",),
            "postal_code": "10119",
            "city": "Berlin",
            "country": "DE",
            "tax_ids": (TaxNumber(kind="eu_vat", value="DE123456789"),),
            "currency": "EUR",
            "zone": "Europe/Berlin",
        }
        async with self.unit() as uow:
            uow.add(
                Seller(
                    id=self.legal_entity,
                    organisation_id=self.organisation,
                    version=1,
                    **{**known, **seller},
                )
            )
            await uow.connection.execute(
                insert(tables.billing_account).values(
                    kind="person",
                    id=self.account,
                    organisation_id=self.organisation,
                    person_id=self.person,
                )
            )
        await self.taxes(standard="19", reduced="7")

    async def taxes(self, *, valid_from: date = date(2020, 1, 1), **percents: str) -> None:
        async with self.unit() as uow:
            for code, percent in percents.items():
                uow.add(
                    TaxRate(
                        id=new_id(),
                        organisation_id=self.organisation,
                        legal_entity_id=self.legal_entity,
                        code=code,
                        category="S" if percent != "0" else "Z",
                        percent=percent,
                        exemption=None,
                        valid_from=valid_from,
                    )
                )

    async def customer(self, party: Party) -> None:
        addressee = Addressee(party=party)
        async with self.unit() as uow:
            uow.add(
                BillTo(
                    id=self.account,
                    organisation_id=self.organisation,
                    person_id=self.person,
                    given=True,
                    content=seal_addressee(self.runtime.secrets, self.account, addressee),
                )
            )

    def order(self, lines: Sequence[Line] = ONE, **changes: Any) -> InvoiceOrder:
        wanted: dict[str, Any] = {
            "organisation_id": self.organisation,
            "legal_entity_id": self.legal_entity,
            "billing_account_id": self.account,
            "person_id": self.person,
            "claim_id": new_id(),
            "currency": "EUR",
            "lines": lines,
            "included": True,
            "charged": sum(each.amount for each in lines),
            "supply": MARCH,
        }
        return InvoiceOrder(**{**wanted, **changes})

    async def invoice(self, lines: Sequence[Line] = ONE, **changes: Any) -> Document:
        async with self.unit() as uow:
            return await issue_invoice(uow, self.order(lines, **changes))

    async def credit(
        self, invoice: Document, amount: int | None = None, cause: UUID | None = None
    ) -> Document:
        async with self.unit() as uow:
            return await issue_credit_note(
                uow,
                claim_id=invoice.claim_id,
                amount=amount,
                reason="Course cancelled",
                cause=cause or new_id(),
            )

    def content(self, document: Document) -> Content:
        return open_content(self.runtime.secrets, document.id, document.content)

    async def rows(self, sql: str, **values: object) -> list[Any]:
        async with self.runtime.database.transaction(SERVICE) as connection:
            return list((await connection.execute(text(sql), values)).all())

    async def broken(self) -> list[str]:
        """The invariants that do not hold."""
        return [name for name, sql in INVARIANTS.items() if (await self.rows(sql))[0][0]]
