"""Have the provider give money back, once for each of our refunds."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.claim import Claim, Refund
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.errors import CardRefused, ProviderRefused
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.fetch_snapshot import Nothing, fetch_snapshot
from gymhopper.contexts.billing.usecases.take_over import take_over


async def issue_refund(runtime: Runtime, provider: PaymentProvider, refund_id: UUID) -> None:
    """Ask the provider, then take the claim over as it is afterwards.

    A refusal ends the refund as failed, with the provider's reason; an outage raises Unavailable.
    """
    refund, payment, claim = tables.refund, tables.payment, tables.claim
    async with runtime.database.transaction(SERVICE, read_only=True) as connection:
        row = (
            await connection.execute(
                select(
                    refund.c.amount,
                    refund.c.currency,
                    payment.c.provider_payment_id,
                    payment.c.fence,
                    claim.c.provider_invoice_id,
                )
                .join_from(refund, payment, refund.c.payment_id == payment.c.id)
                .join(claim, refund.c.claim_id == claim.c.id)
                .where(refund.c.id == refund_id, refund.c.status == "requested")
            )
        ).one_or_none()
    if row is None:
        return
    try:
        await provider.refund(
            refund_id,
            payment_id=row.provider_payment_id,
            amount=row.amount,
            currency=row.currency,
        )
    except (ProviderRefused, CardRefused) as error:
        await _fail(runtime, refund_id, error.detail)
        return
    beside = row.fence is not None
    about = row.provider_payment_id if beside else row.provider_invoice_id
    found = await fetch_snapshot(runtime, provider, Subject("invoice", about))
    if not isinstance(found, Nothing):
        async with runtime.begin(SERVICE) as uow:
            await take_over(uow, found)


async def _fail(runtime: Runtime, refund_id: UUID, reason: str) -> None:
    """Under the lock of the dues: what is on its way back is not credited."""
    refund, claim = tables.refund.c, tables.claim.c
    async with runtime.begin(SERVICE) as uow:
        found = await uow.connection.execute(
            select(claim.dues_id, claim.id)
            .join_from(tables.refund, tables.claim, refund.claim_id == claim.id)
            .where(refund.id == refund_id)
        )
        dues_id, claim_id = found.one()
        await uow.get(Dues, dues_id)
        refunds = (
            await uow.session.scalars(select(Refund).where(refund.claim_id == claim_id))
        ).all()
        for each in refunds:
            if each.id == refund_id and each.status == "requested":
                each.status, each.failure = "failed", reason
        (await uow.get(Claim, claim_id)).count_refunds(refunds)
