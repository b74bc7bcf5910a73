"""The provider's own pages, on which people pay an open claim or look after what they have."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.errors import NotByCard, NothingToPay, PageOpening
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK, Payment
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.queries.cards import payer_of
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.charge_fee import no_invoice_yet
from gymhopper.contexts.billing.usecases.open_claim_page import open_claim_page
from gymhopper.kernel.errors import Forbidden, NotFound


async def pay_by_page(
    runtime: Runtime,
    provider: PaymentProvider,
    caller: AuthSubject,
    claim_id: UUID,
    *,
    return_url: str,
) -> str:
    """Where the claim is paid by card at once. That it was paid the provider tells.

    Raises NotFound, NothingToPay, NotByCard, PageOpening, and what the provider raises.
    """
    async with runtime.read(caller) as connection, AsyncSession(connection) as session:
        claim = await session.scalar(select(Claim).where(tables.claim.c.id == claim_id))
        payments = await session.scalars(
            select(Payment).where(tables.payment.c.claim_id == claim_id)
        )
        paid = payments.all()
    if claim is None:
        raise NotFound("There is no claim with this id.")
    if claim.status in {"paid", "void"}:
        raise NothingToPay("Nothing is to be paid for this claim.")
    if any(each.taken_back for each in paid) and claim.asked_here(paid):
        # No provider asks for it any more: it takes it for paid.
        return await open_claim_page(runtime, provider, caller, claim, return_url)
    if claim.provider == AT_THE_DESK:
        raise NotByCard("This is paid at the desk, in cash or by transfer.")
    if claim.provider_invoice_id == no_invoice_yet(claim_id):
        raise PageOpening("The page for this claim is being made. Try again in a moment.")
    page = await provider.payment_page(claim.provider_invoice_id)
    if page is None:
        raise NothingToPay("This was paid a moment ago, or is not asked for any more.")
    return page


async def open_portal(
    runtime: Runtime,
    provider: PaymentProvider,
    caller: AuthSubject,
    membership_id: UUID,
    return_url: str,
) -> str:
    """The provider's portal, for the payer alone: whoever is in there acts as the payer.

    Raises NotFound, Forbidden, NotByCard, and what the provider raises.
    """
    async with runtime.read(caller) as connection:
        payer = await payer_of(connection, membership_id)
    if payer.person_id is None or not caller.acts_as(payer.person_id, payer.organisation_id):
        raise Forbidden("Only whoever pays may go there.", code="payer_only")
    if payer.customer_id is None:
        raise NotByCard("This is paid at the desk; no card was ever used for it.")
    return await provider.open_portal(payer.customer_id, return_url=return_url)
