"""Money that came in at the desk, and what was entered wrongly or came back from the bank."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.errors import NotForTheDesk, NotTakenBack, OverPayment
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK, CREDIT, Payment
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.bill_by_hand import settle_first
from gymhopper.contexts.billing.usecases.keep_books import book_payment, book_taken_back
from gymhopper.contexts.billing.usecases.open_dues import payments_of, running
from gymhopper.contexts.billing.usecases.settle_claim import settle_claim
from gymhopper.kernel.errors import InvalidInput, NotFound
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment:
    """`received` came in for the claim; at this moment when no time is given."""

    claim_id: UUID
    received: Money
    method: Literal["cash", "transfer"]
    received_at: datetime | None = None
    reference: str | None = None


async def record_payment(uow: UnitOfWork, command: RecordPayment) -> Payment:
    """Enter it. Raises NotFound, NotForTheDesk, OverPayment."""
    dues, claim = await _claim(uow, command.claim_id)
    if claim.status in {"paid", "void"}:
        raise NotForTheDesk("Nothing is to be paid for this claim.")
    if not claim.asked_here(await payments_of(uow, claim.id)):
        raise NotForTheDesk("A payment provider collects this claim.")
    if command.received.currency != claim.currency:
        raise InvalidInput(f"The claim is in {claim.currency}.", field="amount")
    to_pay = claim.outstanding + claim.written_off
    if command.received.amount > to_pay:
        owed = Money(to_pay, claim.currency)
        raise OverPayment(f"Only {owed} is to be paid.", field="amount")
    paid_at = command.received_at or uow.now
    if paid_at > uow.now:
        raise InvalidInput("Money cannot have come in later than now.", field="received_at")
    payment_id = new_id()
    payment = Payment(
        id=payment_id,
        claim_id=claim.id,
        organisation_id=claim.organisation_id,
        person_id=claim.person_id,
        provider=AT_THE_DESK,
        provider_payment_id=f"{AT_THE_DESK}:{payment_id}",
        method=command.method,
        amount=command.received.amount,
        currency=claim.currency,
        paid_at=paid_at,
        reference=command.reference,
        actor=uow.subject.actor,
    )
    uow.add(payment)
    collecting = await running(uow, dues)
    if claim.first and claim.provider == AT_THE_DESK and collecting is not None:
        await settle_first(uow, dues, collecting, claim)
    else:
        await settle_claim(uow, dues, claim)
    await book_payment(uow, dues, claim, payment)
    return payment


async def take_payment_back(uow: UnitOfWork, payment_id: UUID, because: str) -> Payment:
    """The money is not here after all; the claim is owed again. Raises NotFound, NotTakenBack."""
    claim_id = await uow.session.scalar(
        select(tables.payment.c.claim_id).where(tables.payment.c.id == payment_id)
    )
    if claim_id is None:
        raise NotFound("There is no payment with this id.")
    dues, claim = await _claim(uow, claim_id)
    payment = await uow.get(Payment, payment_id)
    if payment.provider != AT_THE_DESK:
        raise NotTakenBack("A payment provider keeps this money: give it back by a refund.")
    if payment.method == CREDIT:
        raise NotTakenBack("This was paid out of credit: give it back by a refund.")
    if claim.refunded:
        raise NotTakenBack("Money was given back for this claim already.")
    event = payment.take_back(
        payment.amount, because, membership_id=claim.membership_id, now=uow.now
    )
    if event is None:
        raise NotTakenBack("This payment was taken back already.")
    if claim.kind != "collective":
        uow.record(dues, event, organisation_id=dues.organisation_id)
    await book_taken_back(uow, dues, claim, payment, 0)
    await settle_claim(uow, dues, claim)
    return payment


async def _claim(uow: UnitOfWork, claim_id: UUID) -> tuple[Dues, Claim]:
    """The claim under the lock of its dues."""
    dues_id = await uow.session.scalar(
        select(tables.claim.c.dues_id).where(tables.claim.c.id == claim_id)
    )
    if dues_id is None:
        raise NotFound("There is no claim with this id.")
    dues = await uow.get(Dues, dues_id)
    return dues, await uow.get(Claim, claim_id)
