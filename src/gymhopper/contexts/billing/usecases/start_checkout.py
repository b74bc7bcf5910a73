"""Open the page on which a person pays for a membership for the first time.

Three steps, each of which may be repeated: note down what will be asked (transaction), ask the
provider under our own ids, note down the answer (transaction). A second request while the page is
open finds the first one's.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.checkout import BillingAccount, Checkout
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.errors import AlreadySubscribed, NothingToPay
from gymhopper.contexts.billing.domain.subscription import PENDING, Subscription
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.open_dues import (
    account_of,
    dues_of,
    running,
    subscribe,
)
from gymhopper.contexts.billing.usecases.to_pay import begin_paying, to_pay
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCheckout:
    """`price` is what the client showed."""

    membership_id: UUID
    price: Money
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPage:
    """Where to send the person, and until when."""

    checkout_id: UUID
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Reservation:
    checkout: Checkout
    account: BillingAccount


async def start_checkout(
    runtime: Runtime, provider: PaymentProvider, caller: AuthSubject, command: StartCheckout
) -> OpenPage:
    """The page for the membership: the one that is open, or a new one.

    Raises NotFound, StalePrice, NothingToPay, AlreadySubscribed, and what the provider raises.
    """
    purchase, caller = await to_pay(runtime, caller, command.membership_id, command.price)
    while True:
        async with runtime.begin(caller) as uow:
            held = await _reserve(uow, provider.name, purchase, command)
        page = held.checkout
        if page.url is None or page.expires_at is None:
            await _open(runtime, provider, caller, held)
        elif page.expires_at <= runtime.clock.now():
            await _retire(runtime, provider, caller, page)
        else:
            return OpenPage(checkout_id=page.id, url=page.url, expires_at=page.expires_at)


async def _reserve(
    uow: UnitOfWork, provider: str, purchase: Purchase, command: StartCheckout
) -> _Reservation:
    """The open checkout of the membership's dues, made where it is missing, under their lock."""
    account = await account_of(uow, purchase.organisation_id, purchase.paid_by)
    dues = await dues_of(uow, purchase, account)
    if dues.terms.single and not any(dues.terms.cost(part).amount for part in dues.terms.parts):
        raise NothingToPay("This costs nothing: it is handed out at the desk.")
    account = await uow.session.get_one(BillingAccount, dues.billing_account_id)
    subscription = await _waiting(uow, dues, provider)
    checkout = await uow.session.scalar(
        select(Checkout).where(
            tables.checkout.c.subscription_id == subscription.id,
            tables.checkout.c.status == "open",
        )
    )
    if checkout is None:
        await begin_paying(uow, dues, purchase)
        checkout = Checkout(
            id=new_id(),
            subscription_id=subscription.id,
            organisation_id=dues.organisation_id,
            person_id=dues.person_id,
            membership_id=dues.membership_id,
            terms=dues.terms,
            success_url=command.success_url,
            cancel_url=command.cancel_url,
            created_at=uow.now,
        )
        uow.add(checkout)
    return _Reservation(checkout, account)


async def _waiting(uow: UnitOfWork, dues: Dues, provider: str) -> Subscription:
    """The subscription that waits for its page; one that collects already is never doubled."""
    found = await running(uow, dues)
    if found is None:
        found = subscribe(uow, dues, provider)
        await uow.flush()
    if found.status != PENDING or found.provider != provider:
        raise AlreadySubscribed("This membership is being paid for already.")
    return found


async def _open(
    runtime: Runtime, provider: PaymentProvider, caller: AuthSubject, held: _Reservation
) -> None:
    """Ask the provider; two that ask at once get the same page."""
    await runtime.settle()
    account, checkout = held.account, held.checkout
    customer_id = account.provider_customer_id or await provider.create_customer(
        account_id=account.id, person_id=account.person_id
    )
    made = await provider.open_checkout(checkout, customer_id=customer_id)
    if made.url is None:
        raise AlreadySubscribed("This membership is being paid for already.")
    async with runtime.begin(caller) as uow:
        await uow.connection.execute(
            update(tables.billing_account)
            .where(tables.billing_account.c.id == account.id)
            .values(provider_customer_id=customer_id)
        )
        await uow.connection.execute(
            update(tables.checkout)
            .where(tables.checkout.c.id == checkout.id)
            .values(provider_id=made.id, url=made.url, expires_at=made.expires_at)
        )


async def _retire(
    runtime: Runtime, provider: PaymentProvider, caller: AuthSubject, page: Checkout
) -> None:
    """A page whose time is over: close it, unless it was paid at the last moment."""
    await runtime.settle()
    closed = await provider.expire_checkout(page.provider_id or "")
    if closed is not None and closed.status == "complete":
        raise AlreadySubscribed("This membership was paid a moment ago.")
    async with runtime.begin(caller) as uow:
        await uow.connection.execute(
            update(tables.checkout)
            .where(tables.checkout.c.id == page.id, tables.checkout.c.status == "open")
            .values(status="expired")
        )
