"""Fetch what a notification is about, outside any transaction."""

from dataclasses import dataclass
from uuid import UUID

from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.domain.provider import (
    ProviderCheckout,
    ProviderInvoice,
    ProviderSubscription,
)
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.usecases.fencing import take_fence


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A subscription with what the notification was about, as they were after `fence` was taken."""

    fence: int
    provider: str
    subscription: ProviderSubscription
    invoice: ProviderInvoice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What we asked for ourselves, as it was after `fence` was taken: an invoice, or a payment on a
    page, whose claim has the page's id."""

    fence: int
    provider: str
    claim_id: UUID
    invoice: ProviderInvoice


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCard:
    """A card that was saved on a page of ours, whose id is `page_id` where the provider has it."""

    checkout_id: str
    page_id: UUID | None
    card_id: str


@dataclass(frozen=True, slots=True)
class OtherCards:
    """Something about a customer's cards may be different."""

    customer_id: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to take over, and why. A checkout on which nobody can pay any more is kept
    for its own sake."""

    reason: str
    expired: ProviderCheckout | None = None


Found = Snapshot | Charge | SavedCard | OtherCards


async def fetch_snapshot(
    runtime: Runtime, provider: PaymentProvider, subject: Subject
) -> Found | Nothing:
    """The present state of the subject and of the subscription that it belongs to."""
    if subject.kind == "customer":
        return OtherCards(subject.id)
    fence = await take_fence(runtime)
    invoice: ProviderInvoice | None = None
    checkout: ProviderCheckout | None = None
    subscription_id: str | None = None
    match subject.kind:
        case "subscription":
            subscription_id = subject.id
        case "checkout":
            checkout = await provider.checkout(subject.id)
            if checkout is None:
                return Nothing(f"the provider does not know {subject.id}")
            if checkout.card_id is not None:
                return SavedCard(
                    checkout_id=checkout.id, page_id=checkout.reference, card_id=checkout.card_id
                )
            subscription_id = checkout.subscription_id
            if subscription_id is None and checkout.payment_id is not None:
                invoice = await provider.invoice(checkout.payment_id)
        case "invoice" | "payment":
            found = await _invoice(provider, subject)
            if isinstance(found, Nothing):
                return found
            invoice, subscription_id = found, found.subscription_id
    if invoice is not None and subscription_id is None and invoice.reference is not None:
        return _charge(provider.name, fence, invoice.reference, invoice, checkout)
    if subscription_id is None:
        expired = checkout if checkout is not None and checkout.status == "expired" else None
        return Nothing(f"{subject.id} belongs to no subscription", expired)
    subscription = await provider.subscription(subscription_id)
    if subscription is None:
        return Nothing(f"the provider does not know {subscription_id}")
    return Snapshot(
        fence=fence,
        provider=provider.name,
        subscription=subscription,
        invoice=invoice,
    )


async def _invoice(provider: PaymentProvider, subject: Subject) -> ProviderInvoice | Nothing:
    invoice_id: str | None = subject.id
    if subject.kind == "payment":
        invoice_id = await provider.invoice_of_payment(subject.id)
    if invoice_id is None:
        return Nothing(f"{subject.id} paid no invoice that the provider knows")
    invoice = await provider.invoice(invoice_id)
    return invoice or Nothing(f"the provider does not know {invoice_id}")


def _charge(
    provider: str,
    fence: int,
    claim_id: UUID,
    invoice: ProviderInvoice,
    checkout: ProviderCheckout | None,
) -> Charge | Nothing:
    """A payment on a page counts when it was made: before, nobody owes anything."""
    if invoice.alone and invoice.status != "paid":
        left = checkout is not None and (
            checkout.status == "expired" or (checkout.status == "complete" and invoice.attempts > 0)
        )
        return Nothing(f"{invoice.id} is not paid", checkout if left else None)
    return Charge(fence=fence, provider=provider, claim_id=claim_id, invoice=invoice)
