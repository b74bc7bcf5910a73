"""Take over what a provider says of the money that came in for a claim, and of what went back."""

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Claim, Refund
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.payment import Payment
from gymhopper.contexts.billing.domain.provider import ProviderInvoice, ProviderRefund
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.fetch_snapshot import Charge
from gymhopper.contexts.billing.usecases.keep_books import book_refund, book_refund_returned
from gymhopper.contracts.event import Event
from gymhopper.kernel.ids import new_id


def follow_payments(
    uow: UnitOfWork,
    claim: Claim,
    known: list[Payment],
    found: ProviderInvoice,
    beside: Charge | None = None,
) -> list[Event]:
    """What the provider collected: new payments are added, and what was taken back is noted.

    `beside` is where they came in by a page, and not by the claim's own invoice.
    """
    events: list[Event] = []
    for each in found.payments:
        payment = next((p for p in known if p.provider_payment_id == each.id), None)
        if payment is None:
            payment = Payment(
                id=new_id(),
                claim_id=claim.id,
                organisation_id=claim.organisation_id,
                person_id=claim.person_id,
                provider=claim.provider if beside is None else beside.provider,
                provider_payment_id=each.id,
                amount=each.amount,
                currency=claim.currency,
                paid_at=each.paid_at,
            )
            uow.add(payment)
            known.append(payment)
        payment.fence = None if beside is None else beside.fence
        taken = payment.take_back(
            each.taken_back,
            each.taken_back_because,
            membership_id=claim.membership_id,
            now=uow.now,
        )
        events += [taken] if taken is not None else []
    return events


async def follow_refunds(
    uow: UnitOfWork,
    dues: Dues,
    claim: Claim,
    payments: list[Payment],
    found: ProviderInvoice,
) -> list[Event]:
    """What went back, and what did not arrive."""
    rows = await uow.session.scalars(select(Refund).where(tables.refund.c.claim_id == claim.id))
    known = list(rows)
    events: list[Event] = []
    for each in found.refunds:
        source = next(p for p in payments if p.provider_payment_id == each.payment_id)
        refund = next((r for r in known if _same(r, each)), None)
        if refund is None:
            refund = _made_elsewhere(uow, claim, source, each)
            known.append(refund)
        had_gone = refund.status == "succeeded"
        event = refund.follow(each, claim, uow.now)
        if event is not None:
            events.append(event)
            await book_refund(uow, dues, claim, refund, source)
        elif had_gone and refund.status != "succeeded":
            await book_refund_returned(uow, dues, claim, refund, source)
    claim.count_refunds(known)
    return events


def _same(refund: Refund, found: ProviderRefund) -> bool:
    return found.id == refund.provider_refund_id or found.reference == refund.id


def _made_elsewhere(
    uow: UnitOfWork, claim: Claim, payment: Payment, found: ProviderRefund
) -> Refund:
    """A refund that somebody made in the provider's own dashboard: access stays as it is."""
    refund = Refund(
        id=new_id(),
        claim_id=claim.id,
        organisation_id=claim.organisation_id,
        person_id=claim.person_id,
        payment_id=payment.id,
        provider_refund_id=found.id,
        amount=found.amount,
        currency=claim.currency,
        actor="provider",
        requested_at=found.created_at,
    )
    uow.add(refund)
    return refund
