"""Give up a debt: nobody is asked for it any more, and the loss is in the books.

The invoice stays: what was sold was sold. What is paid for it after all is recovered.
"""

from uuid import UUID, uuid5

from sqlalchemy import select

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain import bookings
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.claim_books import matter
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.fetch_snapshot import Nothing, fetch_snapshot
from gymhopper.contexts.billing.usecases.post_entry import post
from gymhopper.contexts.billing.usecases.settle_claim import count_debt
from gymhopper.contexts.billing.usecases.take_over import take_over
from gymhopper.kernel.errors import NotFound


async def write_off_claim(uow: UnitOfWork, claim_id: UUID, because: str) -> Claim:
    """Expect what is outstanding no more. Raises NotFound, NotWrittenOff."""
    dues_id = await uow.session.scalar(
        select(tables.claim.c.dues_id).where(tables.claim.c.id == claim_id)
    )
    if dues_id is None:
        raise NotFound("There is no claim with this id.")
    dues = await uow.get(Dues, dues_id)
    uow.subject.require_place(legal_entity_id=dues.terms.legal_entity_id)
    claim = await uow.get(Claim, claim_id)
    amount = claim.write_off(because, uow.now)
    cause = uuid5(claim.id, f"write-off {uow.now.isoformat()}")
    await post(uow, bookings.write_off(matter(dues, claim, cause=cause, at=uow.now), amount))
    await uow.flush()
    await count_debt(uow, dues)
    if claim.provider != AT_THE_DESK:
        await defer_giving_up(uow, claim.id)
    return claim


async def defer_giving_up(uow: UnitOfWork, claim_id: UUID, *, failures: int = 0) -> None:
    """Have the provider told after the commit."""
    await uow.defer("billing.give_up_claim", claim_id=str(claim_id), failures=failures)


async def give_up_claim(runtime: Runtime, provider: PaymentProvider, claim_id: UUID) -> None:
    """Have the provider try no more, then take over how the invoice stands: it may have been paid
    a moment before."""
    table = tables.claim
    async with runtime.database.transaction(SERVICE, read_only=True) as connection:
        invoice_id = (
            await connection.execute(
                select(table.c.provider_invoice_id).where(
                    table.c.id == claim_id, table.c.status == "written_off"
                )
            )
        ).scalar_one_or_none()
    if invoice_id is None:
        return
    await provider.give_up(invoice_id)
    found = await fetch_snapshot(runtime, provider, Subject("invoice", invoice_id))
    if not isinstance(found, Nothing):
        async with runtime.begin(SERVICE) as uow:
            await take_over(uow, found)
