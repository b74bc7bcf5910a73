"""Give back what other contexts say is due to whoever paid."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Claim, Refund, most_refundable
from gymhopper.contexts.billing.domain.cycle import rounded
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.time_back import credited_after
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.open_dues import claims_of, payments_of
from gymhopper.contexts.billing.usecases.request_refund import RequestRefund, request_refund
from gymhopper.kernel.calendar import local_date


async def give_back(uow: UnitOfWork, claim_id: UUID, amount: int) -> None:
    """Refund so much of a claim, out of as many payments as it takes; no more than is left."""
    while amount > 0:
        payments = await payments_of(uow, claim_id)
        rows = await uow.session.scalars(select(Refund).where(tables.refund.c.claim_id == claim_id))
        refunds = list(rows)
        claim = await uow.session.get_one(Claim, claim_id)
        _, most = most_refundable(claim, payments, refunds)
        part = min(amount, most)
        if part <= 0:
            return
        await request_refund(uow, RequestRefund(claim_id=claim_id, amount=part, access="keep"))
        await uow.flush()
        amount -= part


async def give_back_share(
    uow: UnitOfWork, dues: Dues, part: int, whole: int, ended: datetime
) -> None:
    """Refund `part / whole` of everything that came in for a membership, fees apart: all, or what
    the days after that of `ended` cost, but for those of them that are credited."""
    last = None if part == whole else local_date(ended, dues.terms.zone)
    for claim in await claims_of(uow, dues):
        if claim.kind != "period" or claim.paid_at is None:
            continue
        kept = sum(each.kept for each in await payments_of(uow, claim.id))
        back = rounded(kept * part, whole) - credited_after(claim, last)
        await give_back(uow, claim.id, back)
