"""Stripe's part of rests: what falls due within one waits as a draft, and is cut to size after it.

A draft that Stripe keeps is not made final by itself once collection goes on
(docs.stripe.com/billing/subscriptions/pause-payment).
"""

from contextlib import suppress
from typing import TYPE_CHECKING

import stripe

from gymhopper.contexts.billing.domain.errors import CardRefused
from gymhopper.contexts.billing.domain.provider import ProviderInvoice
from gymhopper.contexts.billing.gateways import stripe_objects as objects
from gymhopper.contexts.billing.gateways.stripe_errors import translated
from gymhopper.contexts.billing.gateways.stripe_objects import REST, to_stripe
from gymhopper.kernel.money import Money

if TYPE_CHECKING:
    from stripe.params import SubscriptionUpdateParams


class StripePauses:
    """Keeps the part of `PaymentProvider` that is about resting and going on."""

    _stripe: stripe.V1Services

    async def pause(self, subscription_id: str, *, paused: bool) -> None:
        """Sets `pause_collection`; an empty string lifts it, null would do nothing."""
        wanted: SubscriptionUpdateParams = {"pause_collection": ""}
        if paused:
            wanted = {"pause_collection": {"behavior": "keep_as_draft"}}
        with translated():
            await self._stripe.subscriptions.update_async(subscription_id, wanted)

    async def held_back(self, subscription_id: str) -> tuple[ProviderInvoice, ...]:
        """GET /v1/invoices, the drafts of the subscription that nobody collects."""
        with translated():
            page = await self._stripe.invoices.list_async(
                {
                    "subscription": subscription_id,
                    "status": "draft",
                    "limit": 100,
                    "expand": ["data.payments"],
                }
            )
            found = [objects.invoice(each, ()) async for each in page.auto_paging_iter()]
        return tuple(each for each in reversed(found) if each.held)

    async def release(
        self, invoice_id: str, *, customer_id: str, taken_off: Money, text: str
    ) -> None:
        """Adds a line below zero, finalises and pays."""
        invoices = self._stripe.invoices
        with translated():
            now = await invoices.retrieve_async(invoice_id)
            cut = any(REST in line.metadata for line in now.lines.data)
            if now.status == "draft" and taken_off.amount and not cut:
                await self._stripe.invoice_items.create_async(
                    {
                        "customer": customer_id,
                        "invoice": invoice_id,
                        "amount": -to_stripe(taken_off),
                        "currency": taken_off.currency.lower(),
                        "description": text,
                        "discountable": False,
                        "metadata": {REST: "yes"},
                    },
                    {"idempotency_key": f"rest:{invoice_id}"},
                )
            if now.status == "draft":
                now = await invoices.finalize_invoice_async(invoice_id, {"auto_advance": True})
        with suppress(CardRefused), translated():
            if now.status == "open" and not now.attempted:
                await invoices.pay_async(invoice_id)
