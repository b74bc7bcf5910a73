"""Open the page on which a person pays for a membership for the first time.

Three steps, each of which may be repeated: note down what will be asked (transaction), ask the
provider under our own ids, note down the answer (transaction). A second request while the page is
open finds the first one's.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.checkout import BillingAccount, Checkout
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.errors import AlreadySubscribed, NothingToPay, StalePrice
from gymhopper.contexts.billing.domain.provider import ENDED
from gymhopper.contexts.billing.domain.subscription import PENDING, Subscription
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import tables
from gymhopper.contracts.membership.api import MembershipApi, Purchase
from gymhopper.kernel.errors import NotFound
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
    purchase = await runtime.api(MembershipApi).purchase(membership_id=command.membership_id)
    if purchase is None or not _may_act_for(caller, purchase):
        raise NotFound("There is no membership with this id.")
    if caller.person_id is not None:
        # People see their part of the books; the organisation is who writes them.
        caller = replace(caller, organisation_id=purchase.organisation_id, person_id=None)
    if purchase.price != command.price:
        raise StalePrice(f"The price is {purchase.price}.", field="price")
    if purchase.contract != "pending":
        raise NothingToPay("Only a membership that waits for its first payment is paid like this.")
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


def _may_act_for(caller: AuthSubject, purchase: Purchase) -> bool:
    return (
        caller.everywhere
        or caller.organisation_id == purchase.organisation_id
        or caller.acts_as(purchase.person_id, purchase.organisation_id)
    )


async def _reserve(
    uow: UnitOfWork, provider: str, purchase: Purchase, command: StartCheckout
) -> _Reservation:
    """The open checkout of the membership's dues, made where it is missing, under their lock."""
    account = await _account(uow, provider, purchase)
    dues = await _dues(uow, purchase, account)
    subscription = await _running(uow, dues, provider)
    checkout = await uow.session.scalar(
        select(Checkout).where(
            tables.checkout.c.subscription_id == subscription.id,
            tables.checkout.c.status == "open",
        )
    )
    if checkout is None:
        checkout = Checkout(
            id=new_id(),
            subscription_id=subscription.id,
            organisation_id=dues.organisation_id,
            person_id=dues.person_id,
            membership_id=dues.membership_id,
            description=purchase.plan_name,
            amount=purchase.price.amount,
            currency=purchase.price.currency,
            interval=purchase.interval,
            interval_count=purchase.interval_count,
            success_url=command.success_url,
            cancel_url=command.cancel_url,
            created_at=uow.now,
        )
        uow.add(checkout)
    return _Reservation(checkout, account)


async def _account(uow: UnitOfWork, provider: str, purchase: Purchase) -> BillingAccount:
    table = tables.billing_account
    await uow.connection.execute(
        insert(table)
        .values(
            id=new_id(),
            organisation_id=purchase.organisation_id,
            person_id=purchase.person_id,
            provider=provider,
        )
        .on_conflict_do_nothing()
    )
    found = await uow.session.scalars(
        select(BillingAccount).where(
            table.c.organisation_id == purchase.organisation_id,
            table.c.person_id == purchase.person_id,
            table.c.provider == provider,
        )
    )
    return found.one()


async def _dues(uow: UnitOfWork, purchase: Purchase, account: BillingAccount) -> Dues:
    table = tables.dues
    fresh = Dues(
        id=new_id(),
        organisation_id=purchase.organisation_id,
        person_id=purchase.person_id,
        membership_id=purchase.membership_id,
        billing_account_id=account.id,
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


async def _running(uow: UnitOfWork, dues: Dues, provider: str) -> Subscription:
    """The subscription that waits for its page; one that collects already is never doubled."""
    table = tables.subscription
    found = await uow.session.scalar(
        select(Subscription).where(table.c.dues_id == dues.id, table.c.status.not_in(ENDED))
    )
    if found is None:
        found = Subscription(
            id=new_id(),
            dues_id=dues.id,
            organisation_id=dues.organisation_id,
            person_id=dues.person_id,
            provider=provider,
        )
        uow.add(found)
        await uow.flush()
    if found.status != PENDING:
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
