"""Claims: money owed for a period, how it was paid, and what went back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from gymhopper.contexts.billing.domain.errors import NotRefundable, NotWrittenOff, OverRefund
from gymhopper.contexts.billing.domain.line import Line, lines_of
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK, CREDIT, Payment
from gymhopper.contexts.billing.domain.provider import ProviderInvoice, ProviderRefund
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contracts.billing.events import (
    FeePaid,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    SponsorPaid,
)
from gymhopper.contracts.event import Event
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

ClaimStatus = Literal["open", "failed", "paid", "void", "written_off"]
RefundStatus = Literal["requested", "pending", "succeeded", "failed", "canceled"]
Access = Literal["keep", "end_now"]

_ON_THE_WAY: frozenset[RefundStatus] = frozenset({"requested", "pending"})
_UNDER_WAY: frozenset[RefundStatus] = _ON_THE_WAY | {"succeeded"}
_GONE: frozenset[RefundStatus] = frozenset({"succeeded", "failed", "canceled"})


@dataclass(eq=False, kw_only=True)
class Claim:
    """Money owed for `[start, until)`; its `lines` say for what, and sum to `amount`.

    A fee pays for no time of the membership: it is asked for once, because of `cause`. One that is
    `collective` is a sponsor's, for all whom it paid for in a month.

    `written_off` is what is expected no more, until somebody pays it after all. `overpaid` came in
    beyond what it asks for, and is the payer's credit.
    `outstanding` is what is still to be paid, `refunded` the sum that went back. `failure_known_at`
    is when we learned that collecting it failed; no further try moves it, only paying clears it.
    `due_at` is set where we ask for the money ourselves: unpaid by then, it counts as failed.
    `left_out` are days of its time that are not in the price, `given_back` those that were paid for
    and given back: what they were worth is `credited`. `refunding` is asked for and on its way
    back. `document_id` is its invoice. `person_id` is who paid or is to pay, from
    `billing_account_id`.
    """

    id: UUID
    dues_id: UUID
    organisation_id: UUID
    person_id: UUID
    membership_id: UUID
    billing_account_id: UUID
    subscription_id: UUID | None
    provider: str
    provider_invoice_id: str
    fence: int = 0
    kind: Literal["period", "fee", "collective"] = "period"
    cause: UUID | None = None
    lines: tuple[Line, ...] = ()
    amount: int
    outstanding: int
    currency: str
    start: datetime
    until: datetime
    first: bool
    status: ClaimStatus = "open"
    refunded: int = 0
    refunding: int = 0
    due_at: datetime | None = None
    document_id: UUID | None = None
    failure_known_at: datetime | None = None
    paid_at: datetime | None = None
    written_off: int = 0
    overpaid: int = 0
    credited: int = 0
    left_out: tuple[date, ...] = ()
    given_back: tuple[date, ...] = ()
    written_off_at: datetime | None = None
    written_off_because: str | None = None

    @property
    def is_owed(self) -> bool:
        """Whether there is a contract that owes it: the first is owed only when it is paid."""
        return not self.first or self.paid_at is not None

    @property
    def money(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount, self.currency)

    def asked_here(self, payments: Sequence[Payment]) -> bool:
        """Whether nobody but us asks for what is outstanding.

        A provider that was paid asks no more, also when the bank took the money back.
        """
        return self.provider == AT_THE_DESK or self._asked_there(payments) <= 0

    def surplus(self, payments: Sequence[Payment]) -> int:
        """What came in beyond what it asks for and is no credit yet; below zero where it is less
        than it asks for, with what is credit already."""
        wanted = 0 if self.status == "void" else self.amount
        return sum(each.kept for each in payments) - wanted - self.overpaid

    def _asked_there(self, payments: Sequence[Payment]) -> int:
        """What the provider that collects it has not got yet, whatever the bank took back."""
        collected = (each.amount for each in payments if not each.beside)
        return self.amount - sum(collected)

    def knows_more(self, found: ProviderInvoice, payments: Sequence[Payment]) -> bool:
        """Whether the snapshot is an older look than what was taken over already.

        Of two that look at the same time, the one with the later fence may have looked first. What
        came in stays among an invoice's payments for good, and one that is void stays void. Credit
        is none of its payments; it is used when a draft becomes final.
        """
        seen = {each.id for each in found.payments}
        if found.status != "draft":
            seen |= {each.provider_payment_id for each in payments if each.method == CREDIT}
        return (self.status == "void" and found.status in {"draft", "open"}) or any(
            not each.beside and each.provider_payment_id not in seen for each in payments
        )

    def follow(
        self,
        found: ProviderInvoice,
        payments: Sequence[Payment],
        terms: Terms,
        fence: int,
        now: datetime,
        changed: Terms | None = None,
    ) -> list[Event] | None:
        """Take over a snapshot of the invoice; None when a later one was taken over before.

        `payments` are all that came in, those at the desk too, as they are now. What our own
        invoice says stays, also when the plan is another one by now; `changed` is what it becomes.
        """
        if fence <= self.fence:
            return None
        self.fence = fence
        self.amount = found.amount.amount
        if self.kind == "period" and not found.alone:
            if self.document_id is None:
                self.lines = lines_of(terms, found.lines, changed)
            self.start, self.until = found.period.start, found.period.until or found.period.start
        return self._stand(
            asked=found.outstanding,
            tried=found.attempts > 0
            or found.status == "uncollectible"
            or self.failure_known_at is not None,
            final=found.status != "draft",
            void=found.status == "void",
            payments=payments,
            paid_at=found.paid_at,
            now=now,
        )

    def reckon(self, payments: Sequence[Payment], now: datetime) -> list[Event]:
        """Count again what came in for a claim that we ask for ourselves."""
        return self._stand(
            asked=self._asked_there(payments),
            tried=self.due_at is not None and self.due_at <= now,
            final=True,
            void=self.status == "void",
            payments=payments,
            paid_at=max((each.paid_at for each in payments), default=None),
            now=now,
        )

    def write_off(self, because: str, now: datetime) -> int:
        """Expect what is outstanding no more; returns how much that is. Raises NotWrittenOff."""
        if self.status != "failed" or self.outstanding == 0:
            raise NotWrittenOff("Only a claim that was not paid when it was due can be given up.")
        amount, self.outstanding = self.outstanding, 0
        self.written_off += amount
        self.written_off_at, self.written_off_because = now, because
        self.status, self.failure_known_at = "written_off", None
        return amount

    def count_refunds(self, refunds: Sequence["Refund"]) -> None:
        """Count again what went back, and what is on its way."""
        self.refunded = sum(each.amount for each in refunds if each.status == "succeeded")
        self.refunding = sum(each.amount for each in refunds if each.status in _ON_THE_WAY)

    def drop(self) -> None:
        """Ask for it no more: what it was for will not be given."""
        self.status, self.outstanding, self.failure_known_at = "void", 0, None

    def _stand(
        self,
        *,
        asked: int,
        tried: bool,
        final: bool,
        void: bool,
        payments: Sequence[Payment],
        paid_at: datetime | None,
        now: datetime,
    ) -> list[Event]:
        """How it stands with all that came in and went again; `asked` is the asker's own count."""
        before = self.status
        lost = sum(each.taken_back for each in payments if not each.beside)
        received = sum(each.kept for each in payments if each.beside)
        left = 0 if void else max(0, asked + lost - received + self.overpaid)
        # What is paid after all pays what was given up first.
        self.written_off = min(self.written_off, left)
        self.outstanding = left - self.written_off
        # Tried in vain, or paid and taken back: the debt stays.
        failed = tried or any(each.taken_back for each in payments)
        if void:
            self.status = "void"
        elif self.outstanding == 0 and self.written_off:
            self.status = "written_off"
        elif self.outstanding == 0 and final:
            self.status = "paid"
        else:
            self.status = "failed" if failed else "open"
        if self.status == "paid":
            # Should it be opened again, the debt counts from then.
            self.failure_known_at = None
            return self._paid(paid_at or now)
        if self.status == "written_off":
            self.failure_known_at = None
            return []
        if self.status == "failed" and self.failure_known_at is None:
            self.failure_known_at = now
            # Of a sponsor's the debt is told, which says as much.
            told = before in {"paid", "written_off"} or self.kind == "collective"
            return [] if told else [self._failed(now)]
        return []

    def _paid(self, at: datetime) -> list[Event]:
        if self.paid_at is not None:
            return []
        self.paid_at = at
        if self.kind == "collective":
            return [
                SponsorPaid(
                    sponsor_id=self.billing_account_id,
                    claim_id=self.id,
                    amount=self.money,
                    paid_at=at,
                )
            ]
        if self.kind == "fee":
            return [
                FeePaid(
                    membership_id=self.membership_id,
                    claim_id=self.id,
                    amount=self.money,
                    paid_at=at,
                )
            ]
        return [
            PaymentSucceeded(
                membership_id=self.membership_id,
                claim_id=self.id,
                amount=self.money,
                start=self.start,
                until=self.until,
                paid_at=at,
            )
        ]

    def _failed(self, now: datetime) -> PaymentFailed:
        return PaymentFailed(
            membership_id=self.membership_id,
            claim_id=self.id,
            amount=self.money,
            known_at=now,
            first_payment=self.first,
        )


@dataclass(eq=False, kw_only=True)
class Refund:
    """Money that goes back; `access` says what it does to the door. `actor` asked for it."""

    id: UUID
    claim_id: UUID
    organisation_id: UUID
    person_id: UUID
    payment_id: UUID
    provider_refund_id: str | None = None
    amount: int
    currency: str
    access: Access = "keep"
    status: RefundStatus = "requested"
    actor: str
    requested_at: datetime
    succeeded_at: datetime | None = None
    failure: str | None = None

    def follow(self, found: ProviderRefund, claim: Claim, now: datetime) -> PaymentRefunded | None:
        """Take over what the provider says of it; the event when the money has just gone back."""
        if found.status == "pending" and self.status in _GONE:
            # An older look: what has gone, or never will, is no longer under way.
            return None
        self.provider_refund_id = found.id
        self.amount = found.amount
        self.status = found.status
        self.failure = None
        if self.status != "succeeded" or self.succeeded_at is not None:
            return None
        self.succeeded_at = now
        return PaymentRefunded(
            membership_id=claim.membership_id,
            claim_id=claim.id,
            refund_id=self.id,
            amount=Money(self.amount, self.currency),
            access=self.access,
        )


def refundable(payment: Payment, refunds: Sequence[Refund]) -> int:
    """What can still go back of a payment, counting refunds that are only asked for."""
    gone = sum(r.amount for r in refunds if r.payment_id == payment.id and r.status in _UNDER_WAY)
    # Not `kept`: a view asks it of rows.
    return payment.amount - payment.taken_back - gone


def most_refundable(
    claim: Claim, payments: Sequence[Payment], refunds: Sequence[Refund]
) -> tuple[Payment | None, int]:
    """The payment of which most can go back, and how much of it; what is credit already cannot.

    Below zero where more is credit than is still here.
    """
    left = {payment.id: refundable(payment, refunds) for payment in payments}
    source = max(payments, key=lambda payment: left[payment.id], default=None)
    if source is None:
        return None, 0
    return source, min(left[source.id], sum(left.values()) - claim.overpaid - claim.credited)


def ask_refund(
    claim: Claim,
    payments: Sequence[Payment],
    refunds: Sequence[Refund],
    *,
    amount: int | None,
    access: Access,
    actor: str,
    now: datetime,
) -> Refund:
    """A refund of `amount` minor units, or of everything that is left when None.

    Raises NotRefundable when nothing came in or all went back, OverRefund when it is too much.
    One refund comes out of one payment; a claim paid in parts is given back part by part.
    """
    source, left = most_refundable(claim, payments, refunds)
    credit = claim.overpaid + claim.credited
    why = f" {Money(credit, claim.currency)} is account credit already." if credit else ""
    if source is None or left <= 0:
        raise NotRefundable(f"Nothing was paid for this claim that has not gone back already.{why}")
    wanted = left if amount is None else amount
    if wanted > left:
        raise OverRefund(
            f"At most {Money(left, claim.currency)} can be given back.{why}", field="amount"
        )
    return Refund(
        id=new_id(),
        claim_id=claim.id,
        organisation_id=claim.organisation_id,
        person_id=claim.person_id,
        payment_id=source.id,
        amount=wanted,
        currency=claim.currency,
        access=access,
        actor=actor,
        requested_at=now,
    )
