"""Pay claims out of credit, and return what was used when nothing is given for it.

Credit is a means of payment: the claim and its invoice stay at their full amount. All of it under
the lock of the dues, and of the credit behind it.
"""

from collections.abc import Sequence
from uuid import UUID, uuid5

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Claim, Refund
from gymhopper.contexts.billing.domain.credit import About, Credit
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK, CREDIT, Payment
from gymhopper.contexts.billing.domain.provider import ProviderInvoice
from gymhopper.contexts.billing.usecases.keep_books import book_payment, book_taken_back
from gymhopper.contexts.billing.usecases.move_credit import credit_of, credits_of, move_credit
from gymhopper.contexts.billing.usecases.open_dues import payments_of
from gymhopper.contexts.billing.usecases.place_credit import defer_placing
from gymhopper.kernel.ids import new_id

ELSEWHERE = "Granted at the payment provider"
MOVED = "Used with another seller"


async def pay_by_credit(uow: UnitOfWork, dues: Dues, claim: Claim) -> None:
    """Use what there is for a claim that we ask for ourselves, before anybody is asked to pay."""
    found = await credits_of(uow, claim.billing_account_id, claim.currency)
    credit = next((c for c in found if c.legal_entity_id == dues.terms.legal_entity_id), None)
    amount = min(credit.free, claim.outstanding) if credit is not None else 0
    if credit is None or amount <= 0:
        return
    key = new_id()
    payment = _payment(uow, claim, amount, key=key, provider=AT_THE_DESK, of=str(key))
    await _use(uow, credit, claim, payment)
    await book_payment(uow, dues, claim, payment)


async def follow_credit(
    uow: UnitOfWork, dues: Dues, claim: Claim, payments: list[Payment], found: ProviderInvoice
) -> None:
    """What the provider used of the customer's balance is a payment; a void invoice returns it.

    The books of it are kept with those of the other payments.
    """
    known = next((each for each in payments if each.method == CREDIT), None)
    if known is None and found.credit:
        payment = _payment(uow, claim, found.credit, provider=claim.provider, of=found.id)
        credit = await _placed(uow, dues, claim, payment)
        credit.placed -= payment.amount
        await _use(uow, credit, claim, payment)
        payments.append(payment)
    elif known is not None and known.kept > found.credit:
        back = known.kept - found.credit
        credit = await _return(uow, dues, claim, back, cause=known.id)
        # The provider has put it back where it was.
        credit.placed += back
        _take_back(uow, known, back)


async def return_credit(uow: UnitOfWork, dues: Dues, claim: Claim) -> None:
    """What was used for a claim that is asked for no more is there again."""
    for payment in await payments_of(uow, claim.id):
        if payment.method == CREDIT and payment.kept:
            back = payment.kept
            credit = await _return(uow, dues, claim, back, cause=payment.id)
            _take_back(uow, payment, back)
            await book_taken_back(uow, dues, claim, payment, payment.taken_back - back)
            await defer_placing(uow, credit)


async def refund_to_credit(uow: UnitOfWork, dues: Dues, claim: Claim, refund: Refund) -> None:
    """What was paid out of credit goes back there."""
    credit = await _return(uow, dues, claim, refund.amount, cause=refund.id)
    await defer_placing(uow, credit)


def only_credit(payments: Sequence[Payment]) -> bool:
    """Whether no money is here: what was paid, if anything, was paid out of credit."""
    return all(each.method == CREDIT for each in payments if each.kept)


def _payment(
    uow: UnitOfWork, claim: Claim, amount: int, *, provider: str, of: str, key: UUID | None = None
) -> Payment:
    payment = Payment(
        id=key or new_id(),
        claim_id=claim.id,
        organisation_id=claim.organisation_id,
        person_id=claim.person_id,
        provider=provider,
        provider_payment_id=f"{CREDIT}:{of}",
        method=CREDIT,
        amount=amount,
        currency=claim.currency,
        paid_at=uow.now,
    )
    uow.add(payment)
    return payment


def _take_back(uow: UnitOfWork, payment: Payment, amount: int) -> None:
    """Nobody is told: nothing is owed for a claim that is void."""
    payment.taken_back += amount
    payment.taken_back_at = uow.now
    payment.taken_back_because = "returned to credit"


async def _use(uow: UnitOfWork, credit: Credit, claim: Claim, payment: Payment) -> None:
    uow.add(credit.move("used", payment.amount, _about(uow, claim, payment.id)))
    await uow.flush()


async def _return(uow: UnitOfWork, dues: Dues, claim: Claim, amount: int, *, cause: UUID) -> Credit:
    credit = await _credit(uow, dues, claim)
    uow.add(credit.move("returned", amount, _about(uow, claim, cause)))
    return credit


async def _credit(uow: UnitOfWork, dues: Dues, claim: Claim) -> Credit:
    return await credit_of(
        uow,
        organisation_id=dues.organisation_id,
        account_id=claim.billing_account_id,
        legal_entity_id=dues.terms.legal_entity_id,
        currency=claim.currency,
    )


async def _placed(uow: UnitOfWork, dues: Dues, claim: Claim, payment: Payment) -> Credit:
    """The credit that the provider used, with at least as much in its hands as was used.

    A provider keeps one balance for a customer. What it held for another of our sellers is moved
    here with its cost; what nobody here knows of was granted there.
    """
    credit = await _credit(uow, dues, claim)
    for other in await credits_of(uow, claim.billing_account_id, claim.currency):
        part = min(payment.amount - credit.placed, other.placed)
        if other is credit or part <= 0:
            continue
        about = _about(uow, claim, uuid5(payment.id, str(other.id)), MOVED)
        other.placed -= part
        await move_credit(uow, other, "withdrawn", part, about)
        await move_credit(uow, credit, "granted", part, about)
        credit.placed += part
    unknown = payment.amount - credit.placed
    if unknown > 0:
        about = _about(uow, claim, uuid5(payment.id, ELSEWHERE), ELSEWHERE)
        await move_credit(uow, credit, "granted", unknown, about)
        credit.placed += unknown
    return credit


def _about(uow: UnitOfWork, claim: Claim, cause: UUID, reason: str | None = None) -> About:
    return About(
        cause=cause,
        at=uow.now,
        actor=uow.subject.actor,
        claim_id=claim.id,
        membership_id=claim.membership_id,
        reason=reason,
    )
