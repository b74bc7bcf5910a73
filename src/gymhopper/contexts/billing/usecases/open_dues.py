"""The books of one membership: who pays, what for, and the one subscription that collects."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.payment import Payment
from gymhopper.contexts.billing.domain.provider import ENDED
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.domain.tax import Rate, TaxRate, rate_in_force
from gymhopper.contexts.billing.domain.terms import terms_of
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.storage.document_tables import tax_rate
from gymhopper.contexts.billing.usecases.learn_payer import defer_learning
from gymhopper.contracts.membership.api import Payer, Purchase
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id


async def account_of(uow: UnitOfWork, organisation_id: UUID, payer: Payer) -> BillingAccount:
    """The payer's account at the organisation, made where it is missing.

    A person has one at each; that of a household has the household's id.
    """
    table = tables.billing_account
    if payer.person_id is None or payer.member_id is None:
        raise NotFound("There is nobody who pays for this.")
    person = payer.kind == "person"
    made = await uow.connection.execute(
        insert(table)
        .values(
            id=new_id() if person else payer.id,
            organisation_id=organisation_id,
            kind=payer.kind,
            person_id=payer.person_id,
        )
        .on_conflict_do_nothing()
    )
    if made.rowcount:
        await defer_learning(uow, payer.member_id)
    whose = table.c.person_id == payer.person_id if person else table.c.id == payer.id
    found = await uow.session.scalars(
        select(BillingAccount).where(
            table.c.organisation_id == organisation_id, table.c.kind == payer.kind, whose
        )
    )
    return found.one()


async def dues_of(uow: UnitOfWork, purchase: Purchase, account: BillingAccount) -> Dues:
    """The membership's dues, locked; made where they are missing, with the payer's account.

    Dues that there are say themselves whose account owes the next claim.
    """
    table = tables.dues
    rate = await rate_of(uow, purchase.legal_entity_id, purchase.tax_code, purchase.starts_on)
    fresh = Dues(
        id=new_id(),
        organisation_id=purchase.organisation_id,
        person_id=account.person_id,
        membership_id=purchase.membership_id,
        billing_account_id=account.id,
        terms=terms_of(purchase, rate),
        currency=purchase.price.currency,
    )
    await uow.connection.execute(
        insert(table)
        .values({column.name: getattr(fresh, column.name) for column in table.c})
        .on_conflict_do_nothing(index_elements=["membership_id"])
    )
    found = await uow.session.scalars(
        select(Dues).where(table.c.membership_id == purchase.membership_id).with_for_update()
    )
    return found.one()


async def rate_of(uow: UnitOfWork, legal_entity_id: UUID, code: str, on: date) -> Rate:
    """What a seller's tax code means on that day."""
    return await rate_from(uow.session, legal_entity_id, code, on)


async def rate_from(session: AsyncSession, legal_entity_id: UUID, code: str, on: date) -> Rate:
    """The same, to look at."""
    rates = await session.scalars(
        select(TaxRate).where(tax_rate.c.legal_entity_id == legal_entity_id)
    )
    return rate_in_force(rates.all(), code, on)


async def running(uow: UnitOfWork, dues: Dues) -> Subscription | None:
    """The one subscription that collects, or will."""
    table = tables.subscription
    found: Subscription | None = await uow.session.scalar(
        select(Subscription).where(table.c.dues_id == dues.id, table.c.status.not_in(ENDED))
    )
    return found


def subscribe(uow: UnitOfWork, dues: Dues, provider: str) -> Subscription:
    """A subscription that has not begun to collect."""
    made = Subscription(
        id=new_id(),
        dues_id=dues.id,
        organisation_id=dues.organisation_id,
        person_id=dues.person_id,
        provider=provider,
    )
    uow.add(made)
    return made


async def claims_of(uow: UnitOfWork, dues: Dues) -> list[Claim]:
    """Everything that was ever claimed, the oldest first."""
    return await claims_from(uow.session, dues)


async def claims_from(session: AsyncSession, dues: Dues) -> list[Claim]:
    """The same, to look at."""
    rows = await session.scalars(
        select(Claim).where(tables.claim.c.dues_id == dues.id).order_by(tables.claim.c.id)
    )
    return list(rows)


async def payments_of(uow: UnitOfWork, claim_id: UUID) -> list[Payment]:
    """What came in for a claim, the oldest first."""
    rows = await uow.session.scalars(
        select(Payment)
        .where(tables.payment.c.claim_id == claim_id)
        .order_by(tables.payment.c.paid_at, tables.payment.c.id)
    )
    return list(rows)
