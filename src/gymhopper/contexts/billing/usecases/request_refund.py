"""Decide on a refund; the provider is told by a job, so that it happens once and surely."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import (
    Access,
    Claim,
    Refund,
    ask_refund,
)
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.errors import NotRefundable
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK, CREDIT, Payment
from gymhopper.contexts.billing.domain.provider import ProviderRefund
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.keep_books import book_refund
from gymhopper.contexts.billing.usecases.open_dues import payments_of
from gymhopper.contexts.billing.usecases.use_credit import refund_to_credit
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefund:
    """`amount` minor units, None for all that is left; `access` is what it does to the door."""

    claim_id: UUID
    amount: int | None
    access: Access


async def request_refund(uow: UnitOfWork, command: RequestRefund) -> Refund:
    """Give money back for a claim. Raises NotFound, NotRefundable, OverRefund.

    What came in at the desk is handed back there, and has gone back with that; so has what was paid
    out of credit, which is there to be used again.
    """
    dues_id = await uow.session.scalar(
        select(tables.claim.c.dues_id).where(tables.claim.c.id == command.claim_id)
    )
    if dues_id is None:
        raise NotFound("There is no claim with this id.")
    dues = await uow.get(Dues, dues_id)
    claim = await uow.get(Claim, command.claim_id)
    if claim.kind == "collective" and command.access == "end_now":
        raise NotRefundable("A sponsor's people are let in or not by the sponsor, not by a refund.")
    payments = await payments_of(uow, claim.id)
    rows = await uow.session.scalars(select(Refund).where(tables.refund.c.claim_id == claim.id))
    refunds = list(rows)
    refund = ask_refund(
        claim,
        payments,
        refunds,
        amount=command.amount,
        access=command.access,
        actor=uow.subject.actor,
        now=uow.now,
    )
    uow.add(refund)
    source = next(each for each in payments if each.id == refund.payment_id)
    if source.provider != AT_THE_DESK and source.method != CREDIT:
        claim.count_refunds([*refunds, refund])
        await defer_refund(uow, refund.id)
        return refund
    event = refund.follow(handed_back(refund, source), claim, uow.now)
    claim.count_refunds([*refunds, refund])
    if event is not None:
        if claim.kind != "collective":
            uow.record(dues, event, organisation_id=dues.organisation_id)
        await uow.flush()
        await book_refund(uow, dues, claim, refund, source)
        if source.method == CREDIT:
            await refund_to_credit(uow, dues, claim, refund)
    return refund


def handed_back(refund: Refund, source: Payment) -> ProviderRefund:
    """What a payment provider would say of it."""
    return ProviderRefund(
        id=f"{AT_THE_DESK}:{refund.id}",
        payment_id=source.provider_payment_id,
        reference=refund.id,
        amount=refund.amount,
        status="succeeded",
        created_at=refund.requested_at,
    )


async def defer_refund(uow: UnitOfWork, refund_id: UUID, *, failures: int = 0) -> None:
    """Have the provider asked after the commit."""
    await uow.defer("billing.issue_refund", refund_id=str(refund_id), failures=failures)
