"""The provider's own pages, on which people pay an open claim or look after what they have."""

from uuid import UUID

from sqlalchemy import exists, select

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.errors import NotByCard, NothingToPay, PageOpening
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.queries.cards import payer_of
from gymhopper.contexts.billing.storage.tables import claim, payment
from gymhopper.contexts.billing.usecases.charge_fee import no_invoice_yet
from gymhopper.kernel.errors import Forbidden, NotFound


async def pay_by_page(
    runtime: Runtime, provider: PaymentProvider, caller: AuthSubject, claim_id: UUID
) -> str:
    """Where the claim is paid by card at once. Nothing of ours is changed: the provider tells.

    Raises NotFound, NothingToPay, NotByCard, PageOpening, and what the provider raises.
    """
    async with runtime.read(caller) as connection:
        row = (
            await connection.execute(
                select(
                    claim.c.status,
                    claim.c.provider,
                    claim.c.provider_invoice_id,
                    exists()
                    .where(payment.c.claim_id == claim.c.id, payment.c.taken_back > 0)
                    .label("taken_back"),
                ).where(claim.c.id == claim_id)
            )
        ).one_or_none()
    if row is None:
        raise NotFound("There is no claim with this id.")
    if row.status in {"paid", "void"}:
        raise NothingToPay("Nothing is to be paid for this claim.")
    if row.provider == AT_THE_DESK:
        raise NotByCard("This is paid at the desk, in cash or by transfer.")
    if row.taken_back:
        raise NotByCard("The bank took this payment back. Settle it with your bank or your gym.")
    if row.provider_invoice_id == no_invoice_yet(claim_id):
        raise PageOpening("The page for this claim is being made. Try again in a moment.")
    page = await provider.payment_page(row.provider_invoice_id)
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
