"""Decide on a refund; the provider is told by a job, so that it happens once and surely."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Access, Claim, Payment, Refund, ask_refund
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.storage import tables
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefund:
    """`amount` minor units, None for all that is left; `access` is what it does to the door."""

    claim_id: UUID
    amount: int | None
    access: Access


async def request_refund(uow: UnitOfWork, command: RequestRefund) -> Refund:
    """Give money back for a claim. Raises NotFound, NotRefundable, OverRefund."""
    dues_id = await uow.session.scalar(
        select(tables.claim.c.dues_id).where(tables.claim.c.id == command.claim_id)
    )
    if dues_id is None:
        raise NotFound("There is no claim with this id.")
    await uow.get(Dues, dues_id)
    claim = await uow.get(Claim, command.claim_id)
    payments = await uow.session.scalars(
        select(Payment).where(tables.payment.c.claim_id == claim.id)
    )
    refunds = await uow.session.scalars(select(Refund).where(tables.refund.c.claim_id == claim.id))
    refund = ask_refund(
        claim,
        payments.all(),
        refunds.all(),
        amount=command.amount,
        access=command.access,
        actor=uow.subject.actor,
        now=uow.now,
    )
    uow.add(refund)
    await defer_refund(uow, refund.id)
    return refund


async def defer_refund(uow: UnitOfWork, refund_id: UUID, *, failures: int = 0) -> None:
    """Have the provider asked after the commit."""
    await uow.defer("billing.issue_refund", refund_id=str(refund_id), failures=failures)
