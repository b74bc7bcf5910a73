"""Grant credit, take it back, and write both down: balance, movement and ledger in one."""

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain import bookings
from gymhopper.contexts.billing.domain.bookings import Matter
from gymhopper.contexts.billing.domain.credit import About, Credit, Movement
from gymhopper.contexts.billing.domain.ledger import Books, Entry
from gymhopper.contexts.billing.storage import credit_tables
from gymhopper.contexts.billing.usecases.post_entry import post
from gymhopper.kernel.ids import new_id

BookedKind = Literal["granted", "withdrawn", "overpaid", "reclaimed"]

_BOOKED: dict[BookedKind, Callable[[Matter, int], Entry]] = {
    "granted": bookings.credit_granted,
    "withdrawn": bookings.credit_withdrawn,
    "overpaid": bookings.overpaid,
    "reclaimed": bookings.reclaimed,
}


async def credit_of(
    uow: UnitOfWork,
    *,
    organisation_id: UUID,
    account_id: UUID,
    legal_entity_id: UUID,
    currency: str,
) -> Credit:
    """The account's credit with the seller, locked; made where it is missing."""
    table = credit_tables.credit
    await uow.connection.execute(
        insert(table)
        .values(
            id=new_id(),
            organisation_id=organisation_id,
            billing_account_id=account_id,
            legal_entity_id=legal_entity_id,
            currency=currency,
            balance=0,
            placed=0,
        )
        .on_conflict_do_nothing()
    )
    found = await credits_of(uow, account_id, currency)
    return next(each for each in found if each.legal_entity_id == legal_entity_id)


async def credits_of(uow: UnitOfWork, account_id: UUID, currency: str) -> list[Credit]:
    """All of the account's in a currency, locked in one order whoever asks."""
    await uow.flush()
    table = credit_tables.credit
    rows = await uow.session.scalars(
        select(Credit)
        .where(table.c.billing_account_id == account_id, table.c.currency == currency)
        .order_by(table.c.id)
        .with_for_update()
    )
    return list(rows)


async def move_credit(
    uow: UnitOfWork, credit: Credit, kind: BookedKind, amount: int, about: About
) -> Movement:
    """So much more of it, or less, by the kind. What a claim uses and returns is booked there."""
    moved = credit.move(kind, amount, about)
    uow.add(moved)
    await post(uow, _BOOKED[kind](_matter(credit, about), amount))
    return moved


def _matter(credit: Credit, about: About) -> Matter:
    return Matter(
        books=Books(
            organisation_id=credit.organisation_id,
            legal_entity_id=credit.legal_entity_id,
            currency=credit.currency,
        ),
        cause=about.cause,
        at=about.at,
        billing_account_id=credit.billing_account_id,
        claim_id=about.claim_id,
    )
