"""What is set for a seller's documents, and to whom they are made out."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.billing.domain.payer import NOBODY, Addressee, BillTo
from gymhopper.contexts.billing.domain.seller import Numbering
from gymhopper.contexts.billing.domain.tax import TaxRate
from gymhopper.contexts.billing.storage.document_tables import (
    bill_to,
    numbering,
    seller,
    tax_rate,
)
from gymhopper.contexts.billing.storage.sealed import open_addressee
from gymhopper.contexts.billing.storage.tables import billing_account
from gymhopper.kernel.errors import NotFound


async def tax_rates(connection: AsyncConnection, legal_entity_id: UUID) -> Sequence[TaxRate]:
    """All rates of the seller, by code and day; NotFound when the seller is not visible."""
    await _owner(connection, legal_entity_id)
    rows = await connection.execute(
        select(tax_rate)
        .where(tax_rate.c.legal_entity_id == legal_entity_id)
        .order_by(tax_rate.c.code, tax_rate.c.valid_from)
    )
    return [TaxRate(**row) for row in rows.mappings()]


async def numbering_of(connection: AsyncConnection, legal_entity_id: UUID) -> Numbering:
    """How the seller's numbers begin; NotFound when the seller is not visible."""
    owner = await _owner(connection, legal_entity_id)
    found = await connection.execute(select(numbering).where(numbering.c.id == legal_entity_id))
    row = found.mappings().one_or_none()
    if row is None:
        return Numbering(id=legal_entity_id, organisation_id=owner)
    return Numbering(**row)


async def addressee_of(
    connection: AsyncConnection, billing_account_id: UUID, secrets: Secrets
) -> tuple[BillTo, Addressee]:
    """To whom the account's documents are made out; NotFound when the account is not visible."""
    account = (
        await connection.execute(
            select(billing_account.c.organisation_id, billing_account.c.person_id).where(
                billing_account.c.id == billing_account_id
            )
        )
    ).one_or_none()
    if account is None:
        raise NotFound("There is no billing account with this id.")
    found = await connection.execute(select(bill_to).where(bill_to.c.id == billing_account_id))
    row = found.mappings().one_or_none()
    if row is not None:
        return BillTo(**row), open_addressee(secrets, billing_account_id, row["content"])
    unset = BillTo(
        id=billing_account_id,
        organisation_id=account.organisation_id,
        person_id=account.person_id,
        given=False,
        content=b"",
    )
    return unset, NOBODY


async def _owner(connection: AsyncConnection, legal_entity_id: UUID) -> UUID:
    found: UUID | None = (
        await connection.execute(
            select(seller.c.organisation_id).where(seller.c.id == legal_entity_id)
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no legal entity with this id.")
    return found
