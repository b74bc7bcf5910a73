"""Let somebody use up an amount that they did not pay for."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.domain.credit import About, Movement
from gymhopper.contexts.billing.domain.errors import EntryDiffers
from gymhopper.contexts.billing.domain.seller import Seller
from gymhopper.contexts.billing.storage import credit_tables, tables
from gymhopper.contexts.billing.usecases.move_credit import credit_of, move_credit
from gymhopper.contexts.billing.usecases.place_credit import defer_placing
from gymhopper.kernel.errors import InvalidInput, NotFound
from gymhopper.kernel.money import Money


async def grant_credit(
    uow: UnitOfWork,
    *,
    account_id: UUID,
    legal_entity_id: UUID,
    amount: Money,
    reason: str,
    cause: UUID,
    membership_id: UUID | None = None,
) -> Movement:
    """Grant it once for each cause; it pays what is asked for next.

    Raises NotFound when the account or the seller is not visible, EntryDiffers when the same cause
    granted something else.
    """
    account = await uow.session.get(BillingAccount, account_id)
    if account is None:
        raise NotFound("There is no billing account with this id.")
    if amount.amount <= 0:
        raise InvalidInput("Credit is an amount above zero.", field="amount")
    credit = await credit_of(
        uow,
        organisation_id=account.organisation_id,
        account_id=account.id,
        legal_entity_id=legal_entity_id,
        currency=amount.currency,
    )
    table = credit_tables.movement
    known = await uow.session.scalar(
        select(Movement).where(table.c.cause == cause, table.c.kind == "granted")
    )
    if known is not None:
        if (known.credit_id, known.amount) != (credit.id, amount.amount):
            raise EntryDiffers("Another amount was granted for the same cause.")
        return known
    about = About(
        cause=cause,
        at=uow.now,
        actor=uow.subject.actor,
        membership_id=membership_id,
        reason=reason,
    )
    granted = await move_credit(uow, credit, "granted", amount.amount, about)
    await defer_placing(uow, credit)
    return granted


async def seller_for(uow: UnitOfWork, account_id: UUID, asked: UUID | None, currency: str) -> UUID:
    """With whom the account's credit counts: the seller that is asked for, or the only one.

    Raises NotFound, and InvalidInput when nothing is ever asked for in that currency there.
    """
    account = await uow.session.get(BillingAccount, account_id)
    if account is None:
        raise NotFound("There is no billing account with this id.")
    rows = await uow.connection.execute(
        select(tables.dues.c.terms, tables.dues.c.currency).where(
            tables.dues.c.billing_account_id == account_id
        )
    )
    used = {(row.terms.legal_entity_id, row.currency) for row in rows}
    if asked is None:
        sellers = {legal_entity_id for legal_entity_id, _ in used}
        if len(sellers) != 1:
            raise InvalidInput("Say which legal entity grants it.", field="legal_entity_id")
        (asked,) = sellers
    seller = await uow.session.get(Seller, asked)
    if seller is None or seller.organisation_id != account.organisation_id:
        raise NotFound("There is no legal entity with this id.")
    uow.subject.require_place(legal_entity_id=seller.id)
    if currency != seller.currency and (seller.id, currency) not in used:
        raise InvalidInput("This seller asks for nothing in that currency.", field="amount")
    return seller.id
