"""Have credit lie where it is used: with the payment provider while that collects, else here.

Three steps, as with every call of a provider: note down what is asked (transaction), ask under our
own id, note down the answer (transaction). What was asked and not answered is asked again.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.domain.credit import Credit, Placement, placement
from gymhopper.contexts.billing.domain.errors import CardRefused, ProviderRefused
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.domain.provider import ENDED
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import credit_tables, tables
from gymhopper.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    placement_id: UUID
    customer_id: str
    money: Money


async def defer_placing(uow: UnitOfWork, credit: Credit) -> None:
    """Have what is owed paid out of it after the commit, and the rest placed."""
    await defer_placement(uow, credit.id)


async def defer_placement(uow: UnitOfWork, credit_id: UUID, *, failures: int = 0) -> None:
    """One job of a credit at a time."""
    await uow.defer(
        "billing.place_credit",
        lock=f"billing.place_credit:{credit_id}",
        credit_id=str(credit_id),
        failures=failures,
    )


async def place_all(uow: UnitOfWork, account_id: UUID) -> None:
    """A provider begins to collect from the account, or stops."""
    table = credit_tables.credit
    rows = await uow.connection.execute(
        select(table.c.id).where(table.c.billing_account_id == account_id, table.c.balance > 0)
    )
    for credit_id in rows.scalars().all():
        await defer_placement(uow, credit_id)


async def place_credit(runtime: Runtime, provider: PaymentProvider, credit_id: UUID) -> None:
    """Move what is not where it should be. A refusal leaves it here; an outage raises."""
    order = await _decide(runtime, credit_id)
    if order is None:
        return
    done = True
    try:
        await provider.move_balance(
            order.placement_id, customer_id=order.customer_id, money=order.money
        )
    except (ProviderRefused, CardRefused):
        done = False
    async with runtime.begin(SERVICE) as uow:
        credit = await uow.get(Credit, credit_id)
        asked = await uow.get(Placement, order.placement_id)
        if asked.state != "asked":
            return
        asked.state = "done" if done else "refused"
        goes_there = asked.amount > 0
        if goes_there != done:
            # What could not go there stays free; what came back is free from now on.
            credit.placed = max(0, credit.placed - abs(asked.amount))


async def _decide(runtime: Runtime, credit_id: UUID) -> _Order | None:
    async with runtime.begin(SERVICE) as uow:
        credit = await uow.get(Credit, credit_id)
        account = await uow.session.get(BillingAccount, credit.billing_account_id)
        if account is None or account.provider_customer_id is None:
            return None
        table = credit_tables.placement
        wanted = await uow.session.scalar(
            select(Placement).where(table.c.credit_id == credit_id, table.c.state == "asked")
        )
        if wanted is None:
            collects = await _collects(uow, credit)
            wanted = placement(credit, collects=collects, now=uow.now)
            if wanted is None:
                return None
            uow.add(wanted)
        return _Order(
            placement_id=wanted.id,
            customer_id=account.provider_customer_id,
            money=Money(wanted.amount, credit.currency),
        )


async def _collects(uow: UnitOfWork, credit: Credit) -> bool:
    """Whether a provider collects for this seller, and for no other from the same customer."""
    dues, subscription = tables.dues, tables.subscription
    rows = await uow.connection.execute(
        select(dues.c.terms).where(
            dues.c.billing_account_id == credit.billing_account_id,
            dues.c.currency == credit.currency,
            exists().where(
                subscription.c.dues_id == dues.c.id,
                subscription.c.provider != AT_THE_DESK,
                # What was never begun or was paid once on a page is not collected.
                subscription.c.provider_id.is_not(None),
                subscription.c.status.not_in(ENDED),
            ),
        )
    )
    return {row.terms.legal_entity_id for row in rows} == {credit.legal_entity_id}
