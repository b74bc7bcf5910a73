"""Whose doors a debt closes: the household's setting, applied to all that it pays for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.household import Debt, Household, debts_at
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.household_tables import household_debt
from gymhopper.contexts.membership.usecases.follow_billing import change_debt
from gymhopper.contracts.membership.api import PayerKind
from gymhopper.kernel.money import Money


async def follow_debt(
    uow: UnitOfWork, membership_id: UUID, overdue_since: datetime | None, owed: Money
) -> None:
    """Something is owed for the membership since then, or nothing any more."""
    household = await _household_of(uow, membership_id)
    if household is None:
        await change_debt(uow, membership_id, overdue_since, owed)
        return
    table = household_debt
    if overdue_since is None:
        await uow.connection.execute(table.delete().where(table.c.membership_id == membership_id))
    else:
        found = {
            "household_id": household.id,
            "organisation_id": household.organisation_id,
            "overdue_since": overdue_since,
            "owed": owed.amount,
            "currency": owed.currency,
        }
        await uow.connection.execute(
            insert(table)
            .values(membership_id=membership_id, **found)
            .on_conflict_do_update(index_elements=["membership_id"], set_=found)
        )
    await settle_household(uow, household)


async def change_payer(
    uow: UnitOfWork, membership_id: UUID, kind: PayerKind, payer_id: UUID
) -> None:
    """Somebody else pays from now on. Nothing is owed for the membership at that time."""
    former = await _household_of(uow, membership_id)
    membership = await uow.get(Membership, membership_id)
    own = kind == "person" and payer_id == membership.member_id
    membership.payer_kind = kind
    membership.payer_id = None if own else payer_id
    membership.version += 1
    await uow.flush()
    if former is not None:
        await change_debt(uow, membership_id, None, Money(0, membership.price.currency))
        await settle_household(uow, former)
    household = await _household_of(uow, membership_id)
    if household is not None:
        await settle_household(uow, household)


async def settle_household(uow: UnitOfWork, household: Household) -> None:
    """Have the household's debts count against those whom they are to block, and nobody else.

    The household's row is held, and then its memberships in the order of their ids.
    """
    owing, sold = household_debt.c, tables.membership.c
    rows = await uow.connection.execute(
        select(household_debt).where(owing.household_id == household.id)
    )
    debts = {
        row.membership_id: Debt(since=row.overdue_since, owed=row.owed, currency=row.currency)
        for row in rows
    }
    paid = await uow.connection.execute(
        select(sold.id, sold.member_id, sold.price_currency)
        .where(sold.payer_kind == "household", sold.payer_id == household.id)
        .where(or_(sold.contract != "ended", sold.overdue_since.is_not(None)))
        .order_by(sold.id)
    )
    paid_for = {row.id: (row.member_id, row.price_currency) for row in paid}
    counted = debts_at(household.debt_blocks, paid_for, debts, household.payer_member_id)
    for membership_id, debt in counted.items():
        currency = paid_for[membership_id][1]
        if debt is None:
            await change_debt(uow, membership_id, None, Money(0, currency))
        else:
            await change_debt(uow, membership_id, debt.since, Money(debt.owed, currency))


async def _household_of(uow: UnitOfWork, membership_id: UUID) -> Household | None:
    """The household that pays for it, held; None when somebody else does."""
    sold = tables.membership.c
    asked = select(sold.payer_id).where(sold.id == membership_id, sold.payer_kind == "household")
    found: UUID | None = (await uow.connection.execute(asked)).scalar()
    return None if found is None else await uow.get(Household, found)
