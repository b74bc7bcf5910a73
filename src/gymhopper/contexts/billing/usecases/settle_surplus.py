"""What comes in beyond a claim is credit of whoever pays it.

Somebody pays again what a bank took back, and then the bank finds for us: both payments are here.
"""

from collections.abc import Sequence
from uuid import uuid5

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.credit import About
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.payment import Payment
from gymhopper.contexts.billing.usecases.move_credit import credit_of, move_credit
from gymhopper.contexts.billing.usecases.place_credit import defer_placing

REASON = "Paid twice"


async def settle_surplus(
    uow: UnitOfWork, dues: Dues, claim: Claim, payments: Sequence[Payment]
) -> None:
    """Under the lock of the dues, before the claim is counted again.

    Of what went again, so much is taken out of credit as is left here; the rest is owed.
    """
    more = claim.surplus(payments)
    if more == 0 or (more < 0 and not claim.overpaid):
        return
    credit = await credit_of(
        uow,
        organisation_id=dues.organisation_id,
        account_id=claim.billing_account_id,
        legal_entity_id=dues.terms.legal_entity_id,
        currency=claim.currency,
    )
    back = min(-more, claim.overpaid, credit.free)
    about = About(
        cause=uuid5(claim.id, f"surplus {claim.overpaid} {more} {uow.now.isoformat()}"),
        at=uow.now,
        actor=uow.subject.actor,
        claim_id=claim.id,
        membership_id=claim.membership_id,
        reason=REASON,
    )
    if more > 0:
        await move_credit(uow, credit, "overpaid", more, about)
        claim.overpaid += more
        await defer_placing(uow, credit)
    elif back > 0:
        await move_credit(uow, credit, "reclaimed", back, about)
        claim.overpaid -= back
