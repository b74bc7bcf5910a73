"""Reads Stripe's objects (API 2026-08-26.dahlia) into the domain's snapshots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import stripe

from gymhopper.contexts.billing.domain.notification import REFERENCE
from gymhopper.contexts.billing.domain.provider import (
    ProviderCheckout,
    ProviderInvoice,
    ProviderLine,
    ProviderPayment,
    ProviderPreview,
    ProviderRefund,
    ProviderSubscription,
)
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

REST = "gymhopper_rest"
"""The metadata key of a line by which we took time off that is not to be paid for."""

# Without a minor unit of their own, yet Stripe counts them in hundredths
# (docs.stripe.com/currencies, "Special cases").
_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})


def to_stripe(money: Money) -> int:
    """An amount as Stripe counts it: its smallest unit is ours, but for two currencies."""
    return money.amount * 100 if money.currency in _IN_HUNDREDTHS else money.amount


def from_stripe(amount: int, currency: str) -> Money:
    """The other way."""
    code = currency.upper()
    return Money(amount // 100 if code in _IN_HUNDREDTHS else amount, code)


def subscription(found: stripe.Subscription) -> ProviderSubscription:
    """A subscription; its periods and price stand on its one item."""
    item = found.items.data[0]
    return ProviderSubscription(
        id=found.id,
        reference=_reference(found.metadata),
        customer_id=key_of(found.customer),
        status=found.status,
        price_id=item.price.id,
        price=from_stripe(item.price.unit_amount or 0, item.price.currency),
        current_period=Period(_at(item.current_period_start), _at(item.current_period_end)),
        cancel_at=_maybe_at(found.cancel_at),
        cancel_at_period_end=found.cancel_at_period_end,
        canceled_at=_maybe_at(found.canceled_at),
        ended_at=_maybe_at(found.ended_at),
        collection_paused=found.pause_collection is not None,
        anchor=_maybe_at(found.billing_cycle_anchor),
        discounted=bool(found.discounts),
    )


# While the bank asks only (`warning_`), or when it found for us, the money is here.
_TAKEN_BACK = frozenset({"needs_response", "under_review", "lost"})


@dataclass(frozen=True, slots=True)
class Collected:
    """A charge of a payment intent: what was given back of it, and what was disputed.

    `charged_at` is missing where the charge failed.
    """

    payment_id: str
    charged_at: datetime | None
    refunds: Sequence[stripe.Refund]
    disputes: Sequence[stripe.Dispute]


def invoice(found: stripe.Invoice, collected: Sequence[Collected]) -> ProviderInvoice:
    """An invoice, fetched with its payments."""
    details = found.parent.subscription_details if found.parent is not None else None
    payments = found.payments.data if found.payments is not None else []
    return ProviderInvoice(
        id=found.id or "",
        subscription_id=key_of(details.subscription) if details is not None else None,
        reference=_reference(found.metadata),
        status=cast("Any", found.status or "draft"),
        amount=from_stripe(found.total, found.currency),
        outstanding=from_stripe(found.amount_remaining, found.currency).amount,
        period=_period(found),
        attempts=found.attempt_count,
        first=found.billing_reason == "subscription_create",
        held=found.status == "draft" and not found.auto_advance,
        paid_at=_maybe_at(found.status_transitions.paid_at),
        credit=_credit(found),
        lines=tuple(_lines(found)),
        payments=tuple(_payment(each, collected) for each in payments if each.status == "paid"),
        refunds=tuple(_refund(each) for one in collected for each in one.refunds),
    )


def charged_at(found: stripe.Charge) -> datetime | None:
    """When money came in by this charge; None when none did."""
    return _at(found.created) if found.status == "succeeded" else None


def lone_payment(found: stripe.PaymentIntent, collected: Sequence[Collected]) -> ProviderInvoice:
    """A payment intent that pays for no invoice."""
    charged = [each.charged_at for each in collected if each.charged_at is not None]
    paid = found.status == "succeeded"
    at = max(charged, default=_at(found.created))
    amount = from_stripe(found.amount, found.currency)
    received = from_stripe(found.amount_received, found.currency).amount
    gone = _taken_back(found.id, collected)
    return ProviderInvoice(
        id=found.id,
        subscription_id=None,
        reference=_reference(found.metadata),
        status="paid" if paid else "void" if found.status == "canceled" else "open",
        amount=amount,
        outstanding=max(0, amount.amount - received),
        period=Period(at, at),
        # While a bank still thinks about it nothing has failed.
        attempts=int(paid or found.status == "requires_payment_method"),
        first=True,
        alone=True,
        paid_at=at if paid else None,
        payments=(ProviderPayment(id=found.id, amount=received, paid_at=at, **gone),)
        if paid
        else (),
        refunds=tuple(_refund(each) for one in collected for each in one.refunds),
    )


def _credit(found: stripe.Invoice) -> int:
    """What finalising it took from the customer's balance, which is below zero where somebody may
    use it up. A void invoice puts it back."""
    if found.ending_balance is None or found.status == "void":
        return 0
    used = max(found.ending_balance - found.starting_balance, 0)
    return from_stripe(used, found.currency).amount


def preview(found: stripe.Invoice) -> ProviderPreview:
    """An invoice that there is not."""
    return ProviderPreview(
        amount=from_stripe(found.total, found.currency), lines=tuple(_lines(found))
    )


def paid_by(found: stripe.Invoice) -> list[str]:
    """The ids of the payment intents that paid an invoice."""
    payments = found.payments.data if found.payments is not None else []
    return [
        key_of(each.payment.payment_intent)
        for each in payments
        if each.status == "paid" and each.payment.payment_intent is not None
    ]


def checkout(found: "stripe.checkout.Session") -> ProviderCheckout:
    """A checkout session, fetched with what it saved."""
    saved = found.setup_intent
    card = None if saved is None or isinstance(saved, str) else saved.payment_method
    return ProviderCheckout(
        id=found.id,
        status=cast("Any", found.status or "open"),
        url=found.url,
        expires_at=_at(found.expires_at),
        subscription_id=key_of(found.subscription) if found.subscription is not None else None,
        payment_id=key_of(found.payment_intent) if found.payment_intent is not None else None,
        reference=_reference(found.metadata),
        card_id=key_of(card) if card is not None and found.mode == "setup" else None,
    )


def _payment(found: stripe.InvoicePayment, collected: Sequence[Collected]) -> ProviderPayment:
    amount = found.amount_paid if found.amount_paid is not None else found.amount_requested
    source = found.payment.payment_intent or found.payment.charge
    key = key_of(source) if source is not None else found.id
    return ProviderPayment(
        id=key,
        amount=from_stripe(amount, found.currency).amount,
        paid_at=_at(found.status_transitions.paid_at or found.created),
        **_taken_back(key, collected),
    )


def _taken_back(payment_id: str, collected: Sequence[Collected]) -> dict[str, Any]:
    """What went again of a payment, and why."""
    lost = [
        dispute
        for one in collected
        if one.payment_id == payment_id
        for dispute in one.disputes
        if dispute.status in _TAKEN_BACK
    ]
    return {
        "taken_back": sum(from_stripe(each.amount, each.currency).amount for each in lost),
        "taken_back_because": f"dispute: {lost[-1].reason}" if lost else None,
    }


def _refund(found: stripe.Refund) -> ProviderRefund:
    # An action that the payer has still to take leaves the money here.
    status = "pending" if found.status in {None, "requires_action"} else found.status
    return ProviderRefund(
        id=found.id,
        payment_id=key_of(found.payment_intent or found.charge or ""),
        reference=_reference(found.metadata),
        amount=from_stripe(found.amount, found.currency).amount,
        status=cast("Any", status),
        created_at=_at(found.created),
    )


def _lines(found: stripe.Invoice) -> Iterator[ProviderLine]:
    """What was charged for, and below it what was taken off."""
    for line in found.lines.data:
        period = Period(_at(line.period.start), _at(line.period.end))
        details = line.pricing.price_details if line.pricing is not None else None
        text = line.description or ""
        yield ProviderLine(
            text=text,
            amount=from_stripe(line.amount, line.currency).amount,
            period=period,
            product=details.product if details is not None else None,
            proration=_prorated(line),
            rest=REST in line.metadata,
        )
        taken_off = sum(each.amount for each in line.discount_amounts or ())
        if taken_off:
            yield ProviderLine(
                text=text,
                amount=-from_stripe(taken_off, line.currency).amount,
                period=period,
                discount=True,
            )


def _prorated(line: stripe.InvoiceLineItem) -> bool:
    parent = line.parent
    if parent is None:
        return False
    details = parent.subscription_item_details or parent.invoice_item_details
    return details is not None and bool(details.proration)


def _period(found: stripe.Invoice) -> Period:
    """What the recurring lines pay for; `invoice.period_*` looks back at the period before."""
    lines = [line.period for line in found.lines.data]
    recurring = [
        line.period
        for line in found.lines.data
        if line.parent is not None
        and line.parent.subscription_item_details is not None
        and not line.parent.subscription_item_details.proration
    ]
    paid_for = recurring or lines
    if not paid_for:
        return Period(_at(found.period_start), _at(found.period_end))
    return Period(
        _at(min(each.start for each in paid_for)), _at(max(each.end for each in paid_for))
    )


def _reference(metadata: stripe.StripeObject | None) -> UUID | None:
    if metadata is None or REFERENCE not in metadata:
        return None
    try:
        return UUID(metadata[REFERENCE])
    except ValueError:
        return None


def key_of(reference: Any) -> str:
    """An expandable field's id, expanded or not."""
    return reference if isinstance(reference, str) else str(reference.id)


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _maybe_at(seconds: int | None) -> datetime | None:
    return None if seconds is None else _at(seconds)
