"""Have a membership paid at the desk, in cash or by transfer, without any payment provider."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.checkout import Checkout
from gymhopper.contexts.billing.domain.errors import AlreadySubscribed, PageOpening
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.domain.subscription import PENDING
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.bill_by_hand import begin_billing
from gymhopper.contexts.billing.usecases.open_dues import (
    account_of,
    claims_of,
    dues_of,
    running,
    subscribe,
)
from gymhopper.contexts.billing.usecases.to_pay import begin_paying, to_pay
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectByHand:
    """`price` is what the client showed."""

    membership_id: UUID
    price: Money


async def collect_by_hand(
    runtime: Runtime, provider: PaymentProvider, caller: AuthSubject, command: CollectByHand
) -> UUID:
    """The claim to be paid first; a repeat finds the one that there is.

    A page for paying by card that was opened before is closed. Raises NotFound, StalePrice,
    NothingToPay, AlreadySubscribed, and what the provider raises.
    """
    purchase, caller = await to_pay(runtime, caller, command.membership_id, command.price)
    while True:
        async with runtime.begin(caller) as uow:
            found = await _begin(uow, purchase)
        if isinstance(found, UUID):
            return found
        await runtime.settle()
        closed = await provider.expire_checkout(found.provider_id or "")
        if closed is not None and closed.status == "complete":
            raise AlreadySubscribed("This membership was paid a moment ago.")
        async with runtime.begin(caller) as uow:
            await _retire(uow, found)


async def _begin(uow: UnitOfWork, purchase: Purchase) -> UUID | Checkout:
    """The first claim, or the page that stands in its way."""
    account = await account_of(uow, purchase.organisation_id, purchase.paid_by)
    dues = await dues_of(uow, purchase, account)
    subscription = await running(uow, dues)
    if subscription is None:
        await begin_paying(uow, dues, purchase)
        subscription = subscribe(uow, dues, AT_THE_DESK)
        await uow.flush()
        return (await begin_billing(uow, dues, subscription)).id
    if subscription.provider == AT_THE_DESK:
        first = next((claim.id for claim in await claims_of(uow, dues) if claim.first), None)
        if first is None:
            raise AlreadySubscribed("What was taken over is asked for at the desk already.")
        return first
    if subscription.status != PENDING:
        raise AlreadySubscribed("This membership is being paid for already.")
    page = await uow.session.scalar(
        select(Checkout).where(
            tables.checkout.c.subscription_id == subscription.id,
            tables.checkout.c.status == "open",
        )
    )
    if page is None or page.provider_id is None:
        raise PageOpening("The page for paying by card is being opened. Try again in a moment.")
    return page


async def _retire(uow: UnitOfWork, page: Checkout) -> None:
    await uow.connection.execute(
        update(tables.checkout)
        .where(tables.checkout.c.id == page.id, tables.checkout.c.status == "open")
        .values(status="expired")
    )
    await uow.connection.execute(
        update(tables.subscription)
        .where(
            tables.subscription.c.id == page.subscription_id,
            tables.subscription.c.status == PENDING,
        )
        .values(status="incomplete_expired")
    )
