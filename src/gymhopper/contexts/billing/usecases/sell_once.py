"""What is paid once on a page: a pack or a pass. No subscription is made for it."""

from uuid import UUID

import msgspec
from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain import cycle
from gymhopper.contexts.billing.domain.checkout import Checkout
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.provider import ProviderInvoice
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.give_back import give_back
from gymhopper.kernel.calendar import local_date


async def sold_by(uow: UnitOfWork, checkout_id: UUID) -> UUID | None:
    """The dues of what a page sold; None when it is no page of ours."""
    checkout, subscription = tables.checkout, tables.subscription
    found: UUID | None = await uow.session.scalar(
        select(subscription.c.dues_id)
        .join_from(checkout, subscription, checkout.c.subscription_id == subscription.c.id)
        .where(checkout.c.id == checkout_id)
    )
    return found


async def sale(uow: UnitOfWork, checkout_id: UUID, found: ProviderInvoice) -> Claim:
    """The claim of a page that was paid; it has the page's id, so that there is one.

    It is for what the page said. Whoever pays later than on the first day begins on that day, as at
    the desk.
    """
    page = await uow.get(Checkout, checkout_id)
    subscription = await uow.get(Subscription, page.subscription_id)
    dues = await uow.session.get_one(Dues, subscription.dues_id)
    paid_on = local_date(found.paid_at or uow.now, page.terms.zone)
    terms = msgspec.structs.replace(page.terms, starts_on=max(page.terms.starts_on, paid_on))
    period = cycle.first_period(terms)
    claim = Claim(
        id=page.id,
        dues_id=dues.id,
        organisation_id=dues.organisation_id,
        person_id=dues.person_id,
        membership_id=dues.membership_id,
        billing_account_id=dues.billing_account_id,
        subscription_id=subscription.id,
        provider=subscription.provider,
        provider_invoice_id=found.id,
        lines=cycle.first_lines(terms),
        amount=found.amount.amount,
        outstanding=found.outstanding,
        currency=found.amount.currency,
        start=period.start,
        until=period.until or period.start,
        first=True,
    )
    uow.add(claim)
    page.status = "complete"
    subscription.paid_once(found.amount, period)
    return claim


async def keep_if_wanted(uow: UnitOfWork, dues: Dues, claim: Claim) -> None:
    """Give back what was paid at the very moment in which the contract ended."""
    if dues.contract_ended:
        await uow.flush()
        await give_back(uow, claim.id, claim.amount)
