"""Count again what a claim that we ask for ourselves has come to, and say what is different."""

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.usecases.keep_books import book_recovered, invoice_claim
from gymhopper.contexts.billing.usecases.open_dues import claims_of, payments_of
from gymhopper.contexts.billing.usecases.settle_surplus import settle_surplus


async def settle_claim(uow: UnitOfWork, dues: Dues, claim: Claim) -> None:
    """Under the lock of the dues, after a payment came or went, or the claim fell due."""
    await uow.flush()
    payments = await payments_of(uow, claim.id)
    await settle_surplus(uow, dues, claim, payments)
    given_up = claim.written_off
    for event in claim.reckon(payments, uow.now):
        uow.record(dues, event, organisation_id=dues.organisation_id)
    await invoice_claim(uow, dues, claim)
    await book_recovered(uow, dues, claim, given_up)
    await count_debt(uow, dues)


async def count_debt(uow: UnitOfWork, dues: Dues) -> None:
    """Add up what failed, and tell when that is different."""
    changed = dues.count_debt(await claims_of(uow, dues))
    if changed is not None:
        uow.record(dues, changed, organisation_id=dues.organisation_id)
