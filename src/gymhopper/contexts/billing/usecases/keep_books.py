"""Have the law's documents and the ledger say what became of a claim.

Called under the lock of the dues, in the transaction of the change. What is in the books already
stays as it is, so that a repeat changes nothing.
"""

from collections.abc import Sequence
from uuid import uuid5

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain import bookings
from gymhopper.contexts.billing.domain.claim import Claim, Refund
from gymhopper.contexts.billing.domain.claim_books import charged, matter, till_of
from gymhopper.contexts.billing.domain.document import Billed, Document, NothingToCredit
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK, CREDIT, Payment
from gymhopper.contexts.billing.usecases.issue_credit_note import issue_credit_note
from gymhopper.contexts.billing.usecases.issue_invoice import InvoiceOrder, issue_invoice
from gymhopper.contexts.billing.usecases.post_entry import post
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.period import Period

DROPPED = "No longer asked for"
GIVEN_BACK = "Given back"


async def invoice_claim(
    uow: UnitOfWork, dues: Dues, claim: Claim, lines: Sequence[Billed] | None = None
) -> None:
    """Issue the invoice of what is owed by now, or credit it when it is asked for no more.

    A first claim is owed when it is paid: before that there is no contract. `lines` say what the
    invoice alone is to say, for the same amounts as the claim's own.
    """
    if claim.status == "void":
        await _credit_rest(uow, dues, claim)
    elif claim.amount > 0 and claim.document_id is None and claim.is_owed:
        document = await issue_invoice(uow, _order(dues, claim, lines or claim.lines))
        claim.document_id = document.id
        about = matter(dues, claim, cause=document.id, at=uow.now)
        await post(uow, bookings.invoice(about, charged(document, claim.lines)))


async def book_payment(uow: UnitOfWork, dues: Dues, claim: Claim, payment: Payment) -> None:
    """Money came in, or credit was used."""
    about = matter(dues, claim, cause=payment.id, at=payment.paid_at)
    if payment.method == CREDIT:
        await post(uow, bookings.credit_used(about, payment.amount))
    else:
        await post(uow, bookings.payment(about, payment.amount, till_of(claim, payment)))


async def book_recovered(uow: UnitOfWork, dues: Dues, claim: Claim, before: int) -> None:
    """Less of the claim is given up than before: somebody pays it, or nobody has to."""
    if claim.written_off < before:
        cause = uuid5(claim.id, f"{before} {claim.written_off} {uow.now.isoformat()}")
        about = matter(dues, claim, cause=cause, at=uow.now)
        await post(uow, bookings.recovery(about, before - claim.written_off))


async def book_taken_back(
    uow: UnitOfWork, dues: Dues, claim: Claim, payment: Payment, before: int
) -> None:
    """More or less of a payment is gone than before."""
    less = payment.taken_back - before
    # A payment may go and come back more than once, and each time is a movement of its own.
    cause = uuid5(payment.id, f"{before} {payment.taken_back} {uow.now.isoformat()}")
    about = matter(dues, claim, cause=cause, at=uow.now)
    if less > 0:
        await post(uow, bookings.payment_taken_back(about, less, till_of(claim, payment)))
    elif less < 0:
        await post(uow, bookings.payment_won_back(about, -less, till_of(claim, payment)))


async def book_refund(
    uow: UnitOfWork, dues: Dues, claim: Claim, refund: Refund, source: Payment
) -> None:
    """Money went back, and what was charged is less by that."""
    note = await issue_credit_note(
        uow, claim_id=claim.id, amount=refund.amount, reason=GIVEN_BACK, cause=refund.id
    )
    await _book_credit_note(uow, dues, claim, note)
    about = matter(dues, claim, cause=refund.id, at=uow.now)
    await post(uow, bookings.refund(about, refund.amount, till_of(claim, source)))


async def book_refund_returned(
    uow: UnitOfWork, dues: Dues, claim: Claim, refund: Refund, source: Payment
) -> None:
    """Money that went back did not arrive: it is here again, and owed to whoever had paid."""
    about = matter(dues, claim, cause=refund.id, at=uow.now)
    await post(uow, bookings.refund_returned(about, refund.amount, till_of(claim, source)))


async def _credit_rest(uow: UnitOfWork, dues: Dues, claim: Claim) -> None:
    try:
        note = await issue_credit_note(
            uow, claim_id=claim.id, amount=None, reason=DROPPED, cause=claim.id
        )
    except NothingToCredit:
        return
    await _book_credit_note(uow, dues, claim, note)


async def _book_credit_note(uow: UnitOfWork, dues: Dues, claim: Claim, note: Document) -> None:
    about = matter(dues, claim, cause=note.id, at=uow.now)
    await post(uow, bookings.credit_note(about, charged(note, claim.lines)))


def _order(dues: Dues, claim: Claim, lines: Sequence[Billed]) -> InvoiceOrder:
    by_hand = claim.provider == AT_THE_DESK
    return InvoiceOrder(
        organisation_id=dues.organisation_id,
        legal_entity_id=dues.terms.legal_entity_id,
        billing_account_id=claim.billing_account_id,
        person_id=None if claim.kind == "collective" else claim.person_id,
        claim_id=claim.id,
        currency=claim.currency,
        lines=lines,
        included=True,
        charged=claim.amount,
        supply=Period(claim.start, claim.until),
        payment="manual" if by_hand else "automatic",
        due_on=local_date(claim.due_at, dues.terms.zone) if claim.due_at is not None else None,
    )
