"""Stripe's cards: which there are, which is charged, and the pages on which people see to them."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import stripe

from gymhopper.contexts.billing.domain.cards import Card, CardPage
from gymhopper.contexts.billing.domain.errors import CardRefused, ProviderRefused
from gymhopper.contexts.billing.domain.notification import REFERENCE
from gymhopper.contexts.billing.domain.provider import ProviderCheckout
from gymhopper.contexts.billing.gateways import stripe_objects as objects
from gymhopper.contexts.billing.gateways.stripe_errors import Missing, translated
from gymhopper.contexts.billing.gateways.stripe_objects import key_of

if TYPE_CHECKING:
    from stripe._v1_services import V1Services

_MOST = 100
_PAYABLE = frozenset({"open", "uncollectible"})


class StripeCards:
    """The part of `PaymentProvider` that is about cards."""

    _stripe: "V1Services"

    async def cards(self, customer_id: str, *, subscription_id: str | None) -> tuple[Card, ...]:
        """GET /v1/payment_methods; the subscription's default comes before the customer's."""
        v1 = self._stripe
        try:
            with translated():
                customer = await v1.customers.retrieve_async(customer_id)
                found = await v1.payment_methods.list_async(
                    {"customer": customer_id, "type": "card", "limit": _MOST}
                )
                default: Any = None
                if subscription_id is not None:
                    subscription = await v1.subscriptions.retrieve_async(subscription_id)
                    default = subscription.default_payment_method
        except Missing:
            return ()
        if default is None and customer.invoice_settings is not None:
            default = customer.invoice_settings.default_payment_method
        charged = None if default is None else key_of(default)
        return tuple(_card(each, charged) for each in found.data if each.card is not None)

    async def open_card_page(self, page: CardPage, *, customer_id: str) -> ProviderCheckout:
        """A checkout session in setup mode."""
        with translated():
            made = await self._stripe.checkout.sessions.create_async(
                {
                    "mode": "setup",
                    "customer": customer_id,
                    "client_reference_id": str(page.id),
                    "payment_method_types": ["card"],
                    "metadata": {REFERENCE: str(page.id)},
                    "success_url": page.success_url,
                    "cancel_url": page.cancel_url,
                },
                {"idempotency_key": f"card_page:{page.id}"},
            )
        return objects.checkout(made)

    async def use_card(
        self, card_id: str, *, customer_id: str, subscription_ids: Sequence[str]
    ) -> None:
        """Sets the default of the customer, and that of each subscription, which comes first."""
        v1 = self._stripe
        with translated():
            await v1.customers.update_async(
                customer_id, {"invoice_settings": {"default_payment_method": card_id}}
            )
        for each in subscription_ids:
            # One that has ended meanwhile takes no card, and needs none.
            with suppress(ProviderRefused), translated():
                await v1.subscriptions.update_async(each, {"default_payment_method": card_id})

    async def remove_card(self, card_id: str) -> None:
        """POST /v1/payment_methods/{id}/detach, which Stripe refuses for one that is gone."""
        with suppress(ProviderRefused), translated():
            await self._stripe.payment_methods.detach_async(card_id)

    async def collect_again(self, invoice_id: str, *, card_id: str) -> bool:
        """POST /v1/invoices/{id}/pay, unless the last try was made with this card."""
        invoices = self._stripe.invoices
        try:
            with translated():
                found = await invoices.retrieve_async(
                    invoice_id, {"expand": ["payments.data.payment.payment_intent"]}
                )
        except Missing:
            return False
        if found.status not in _PAYABLE or not found.attempted or card_id in _tried(found):
            return False
        with suppress(CardRefused, ProviderRefused), translated():
            await invoices.pay_async(invoice_id, {"payment_method": card_id})
        return True

    async def payment_page(self, invoice_id: str) -> str | None:
        """The invoice's `hosted_invoice_url`."""
        try:
            with translated():
                found = await self._stripe.invoices.retrieve_async(invoice_id)
        except Missing:
            return None
        return found.hosted_invoice_url if found.status in _PAYABLE else None

    async def open_portal(self, customer_id: str, *, return_url: str) -> str:
        """POST /v1/billing_portal/sessions."""
        with translated():
            made = await self._stripe.billing_portal.sessions.create_async(
                {"customer": customer_id, "return_url": return_url}
            )
        return made.url


def _card(found: stripe.PaymentMethod, charged: str | None) -> Card:
    card: Any = found.card
    return Card(
        id=found.id,
        brand=card.brand,
        last4=card.last4,
        year=card.exp_year,
        month=card.exp_month,
        is_default=found.id == charged,
    )


def _tried(found: stripe.Invoice) -> set[str]:
    """The cards of the last try of each payment that is to pay the invoice."""
    tried = set()
    for each in found.payments.data if found.payments is not None else []:
        intent = each.payment.payment_intent
        if not isinstance(intent, stripe.PaymentIntent):
            continue
        if intent.status in {"requires_action", "processing"}:
            # It waits for its holder or its bank.
            tried.add(key_of(intent.payment_method))
        elif intent.last_payment_error is not None and intent.last_payment_error.payment_method:
            tried.add(key_of(intent.last_payment_error.payment_method))
    return tried
