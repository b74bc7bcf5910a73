"""Stripe, and the sandbox that stands in for it, through Stripe's own SDK.

The only place that talks to Stripe. Each request that creates something carries an idempotency key
of our own ids, so that a repeat after a crash finds what the first try made.
"""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import stripe

from gymhopper.contexts.billing.domain.checkout import Checkout
from gymhopper.contexts.billing.domain.claim_page import ClaimPage
from gymhopper.contexts.billing.domain.errors import CardRefused, ProviderRefused
from gymhopper.contexts.billing.domain.listing import ProviderPage
from gymhopper.contexts.billing.domain.notification import REFERENCE
from gymhopper.contexts.billing.domain.provider import (
    ProviderCheckout,
    ProviderInvoice,
    ProviderPreview,
    ProviderSubscription,
)
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contexts.billing.gateways import stripe_changes as changes
from gymhopper.contexts.billing.gateways import stripe_coupons as coupons
from gymhopper.contexts.billing.gateways import stripe_objects as objects
from gymhopper.contexts.billing.gateways.stripe_cards import StripeCards
from gymhopper.contexts.billing.gateways.stripe_credit import StripeCredit
from gymhopper.contexts.billing.gateways.stripe_errors import Missing, translated
from gymhopper.contexts.billing.gateways.stripe_objects import Collected, to_stripe
from gymhopper.contexts.billing.gateways.stripe_pages import claim_session, session
from gymhopper.contexts.billing.gateways.stripe_pauses import StripePauses
from gymhopper.contexts.billing.gateways.stripe_transport import Transport
from gymhopper.kernel.money import Money

if TYPE_CHECKING:
    from stripe.params import (
        InvoiceCreateParams,
        InvoiceListParams,
        SubscriptionListParams,
        SubscriptionUpdateParams,
    )

PAGE = 100
"""The most that a list gives at a time (docs.stripe.com/api/pagination)."""

PAYMENT = "pi_"
"""How the ids of payment intents begin."""


class StripeGateway(StripeCards, StripeCredit, StripePauses):
    """Keeps `PaymentProvider`."""

    name = "stripe"

    def __init__(
        self,
        api_key: str,
        *,
        api_base: str | None = None,
        timeout: float,
        retries: int,
        direct: bool = False,
    ) -> None:
        self._transport = Transport(timeout=timeout, direct=direct)
        self._products: set[str] = set()
        self._stripe = stripe.StripeClient(
            api_key,
            http_client=self._transport,
            max_network_retries=retries,
            base_addresses={"api": api_base} if api_base is not None else {},
        ).v1

    async def create_customer(self, *, account_id: UUID, person_id: UUID) -> str:
        """One for each billing account. Names and addresses stay with us."""
        with translated():
            made = await self._stripe.customers.create_async(
                {"metadata": {REFERENCE: str(account_id), "person_id": str(person_id)}},
                {"idempotency_key": f"customer:{account_id}"},
            )
        return made.id

    async def open_checkout(self, checkout: Checkout, *, customer_id: str) -> ProviderCheckout:
        """A session in subscription mode; of what is sold once, in payment mode."""
        for part in checkout.terms.parts:
            await self._product(checkout.terms.product(part), checkout.terms.title(part))
        sold = checkout.terms.discount
        if sold is not None and not checkout.terms.single:
            await coupons.have(self._stripe, coupons.coupon(checkout.terms, sold))
        with translated():
            made = await self._stripe.checkout.sessions.create_async(
                session(checkout, customer_id=customer_id),
                {"idempotency_key": f"checkout:{checkout.id}"},
            )
        return objects.checkout(made)

    async def open_claim_page(
        self, page: ClaimPage, *, customer_id: str | None
    ) -> ProviderCheckout:
        """A session in payment mode, also for somebody who is no customer."""
        with translated():
            made = await self._stripe.checkout.sessions.create_async(
                claim_session(page, customer_id=customer_id),
                {"idempotency_key": f"claim_page:{page.id}"},
            )
        return objects.checkout(made)

    async def expire_checkout(self, checkout_id: str) -> ProviderCheckout | None:
        """POST /v1/checkout/sessions/{id}/expire, which Stripe refuses unless the page is open."""
        try:
            with translated():
                return objects.checkout(
                    await self._stripe.checkout.sessions.expire_async(checkout_id)
                )
        except Missing:
            return None
        except ProviderRefused:
            found = await self.checkout(checkout_id)
            if found is not None and found.status == "open":
                raise
            return found

    async def checkout(self, checkout_id: str) -> ProviderCheckout | None:
        """GET /v1/checkout/sessions/{id}."""
        try:
            with translated():
                found = await self._stripe.checkout.sessions.retrieve_async(
                    checkout_id, {"expand": ["setup_intent"]}
                )
        except Missing:
            return None
        return objects.checkout(found)

    async def subscription(self, subscription_id: str) -> ProviderSubscription | None:
        """GET /v1/subscriptions/{id}."""
        try:
            with translated():
                found = await self._stripe.subscriptions.retrieve_async(subscription_id)
        except Missing:
            return None
        return objects.subscription(found)

    async def invoice(self, invoice_id: str) -> ProviderInvoice | None:
        """GET /v1/invoices/{id} with its payments, and what became of them since."""
        if invoice_id.startswith(PAYMENT):
            return await self._lone_payment(invoice_id)
        try:
            with translated():
                found = await self._stripe.invoices.retrieve_async(
                    invoice_id, {"expand": ["payments"]}
                )
                collected = [
                    charge
                    for payment_id in objects.paid_by(found)
                    for charge in await self._charges(payment_id)
                ]
        except Missing:
            return None
        return objects.invoice(found, collected)

    async def invoice_of_payment(self, payment_id: str) -> str | None:
        """GET /v1/invoice_payments: a payment intent no longer names its invoice, if it has one."""
        try:
            with translated():
                found = await self._stripe.invoice_payments.list_async(
                    {
                        "payment": {"type": "payment_intent", "payment_intent": payment_id},
                        "limit": 1,
                    }
                )
        except Missing:
            return None
        if not found.data:
            return payment_id
        invoice = found.data[0].invoice
        return invoice if isinstance(invoice, str) else invoice.id

    async def subscriptions(
        self, *, after: str | None, since: datetime | None
    ) -> ProviderPage[ProviderSubscription]:
        """GET /v1/subscriptions, a hundred at a time."""
        params: SubscriptionListParams = {"limit": PAGE, "status": "all"}
        if after is not None:
            params["starting_after"] = after
        if since is not None:
            params["created"] = {"gte": int(since.timestamp())}
        with translated():
            found = await self._stripe.subscriptions.list_async(params)
        return ProviderPage(
            items=tuple(objects.subscription(each) for each in found.data),
            next=found.data[-1].id if found.has_more else None,
        )

    async def invoices(
        self, *, after: str | None, since: datetime | None, only_open: bool
    ) -> ProviderPage[ProviderInvoice]:
        """GET /v1/invoices with their payments, a hundred at a time."""
        params: InvoiceListParams = {"limit": PAGE, "expand": ["data.payments"]}
        if only_open:
            params["status"] = "open"
        if after is not None:
            params["starting_after"] = after
        if since is not None:
            params["created"] = {"gte": int(since.timestamp())}
        with translated():
            found = await self._stripe.invoices.list_async(params)
        return ProviderPage(
            items=tuple(objects.invoice(each, ()) for each in found.data),
            next=found.data[-1].id if found.has_more else None,
        )

    async def refund(self, refund_id: UUID, *, payment_id: str, amount: int, currency: str) -> None:
        """POST /v1/refunds."""
        with translated():
            await self._stripe.refunds.create_async(
                {
                    "payment_intent": payment_id,
                    "amount": to_stripe(Money(amount, currency)),
                    "metadata": {REFERENCE: str(refund_id)},
                },
                {"idempotency_key": f"refund:{refund_id}"},
            )

    async def open_charge(
        self,
        claim_id: UUID,
        *,
        customer_id: str,
        subscription_id: str | None,
        payment_id: str | None,
        currency: str,
    ) -> str:
        """POST /v1/invoices: a draft that nothing else is added to."""
        wanted: InvoiceCreateParams = {
            "customer": customer_id,
            "currency": currency.lower(),
            "auto_advance": False,
            "pending_invoice_items_behavior": "exclude",
            "metadata": {REFERENCE: str(claim_id)},
        }
        with translated():
            method: object = None
            if subscription_id is not None:
                found = await self._stripe.subscriptions.retrieve_async(subscription_id)
                method = found.default_payment_method
            elif payment_id is not None:
                paid = await self._stripe.payment_intents.retrieve_async(payment_id)
                method = paid.payment_method if paid.setup_future_usage else None
            if method is not None:
                wanted["default_payment_method"] = objects.key_of(method)
            made = await self._stripe.invoices.create_async(
                wanted, {"idempotency_key": f"charge:{claim_id}"}
            )
        return made.id or ""

    async def collect_charge(
        self, invoice_id: str, *, customer_id: str, money: Money, text: str
    ) -> None:
        """Adds the one line, finalises and pays."""
        invoices = self._stripe.invoices
        with translated():
            now = await invoices.retrieve_async(invoice_id)
            if now.status == "draft" and not now.lines.data:
                await self._stripe.invoice_items.create_async(
                    {
                        "customer": customer_id,
                        "invoice": invoice_id,
                        "amount": to_stripe(money),
                        "currency": money.currency.lower(),
                        "description": text,
                    },
                    {"idempotency_key": f"charge_line:{invoice_id}"},
                )
            if now.status == "draft":
                now = await invoices.finalize_invoice_async(invoice_id, {"auto_advance": True})
        with suppress(CardRefused), translated():
            if now.status == "open" and not now.attempted:
                await invoices.pay_async(invoice_id)

    async def give_up(self, invoice_id: str) -> None:
        """POST /v1/invoices/{id}/mark_uncollectible, which Stripe refuses unless it is open."""
        with suppress(ProviderRefused), translated():
            await self._stripe.invoices.mark_uncollectible_async(invoice_id)

    async def collect_until(self, subscription_id: str, until: datetime | None) -> None:
        """Sets `cancel_at`. The part of a period after it is neither charged nor given back."""
        if until is None:
            await self._update(subscription_id, {"cancel_at": ""})
        else:
            await self._update(
                subscription_id,
                {"cancel_at": int(until.timestamp()), "proration_behavior": "none"},
            )

    async def reprice(self, subscription_id: str, terms: Terms) -> None:
        """Gives the plan's item another price, without proration."""
        await self._product(terms.product("plan"), terms.title("plan"))
        with translated():
            await changes.reprice(self._stripe, subscription_id, terms)

    async def discount(self, subscription_id: str, terms: Terms, *, holds: bool) -> None:
        """Sets `discounts`; an empty string takes all away. What was charged stays as it is."""
        if terms.discount is None or not holds:
            await self._update(subscription_id, {"discounts": ""})
            return
        await self._product(terms.product("plan"), terms.title("plan"))
        wanted = coupons.coupon(terms, terms.discount, lasting=True)
        await coupons.have(self._stripe, wanted)
        await self._update(subscription_id, {"discounts": [{"coupon": wanted["id"]}]})

    async def preview_change(
        self, subscription_id: str, terms: Terms, at: datetime
    ) -> ProviderPreview:
        """What the same change comes to that `change_plan` makes."""
        await self._product(terms.product("plan"), terms.title("plan"))
        with translated():
            return await changes.preview(self._stripe, subscription_id, terms, at)

    async def change_plan(
        self, change_id: UUID, subscription_id: str, terms: Terms, at: datetime | None
    ) -> str | None:
        """Once for each change of ours: it is written on the subscription."""
        await self._product(terms.product("plan"), terms.title("plan"))
        with translated():
            return await changes.change(self._stripe, change_id, subscription_id, terms, at)

    async def cancel(self, subscription_id: str) -> None:
        """DELETE /v1/subscriptions/{id}; one that is gone already is as wanted."""
        try:
            with translated():
                await self._stripe.subscriptions.cancel_async(subscription_id)
        except Missing:
            return

    async def _product(self, product: str, name: str) -> None:
        """POST /v1/products under an id of our own; one that exists already will do."""
        if product in self._products:
            return
        try:
            with translated():
                await self._stripe.products.create_async({"id": product, "name": name})
        except ProviderRefused as error:
            if not isinstance(error.__cause__, stripe.InvalidRequestError) or (
                error.__cause__.code != "resource_already_exists"
            ):
                raise
        self._products.add(product)

    async def close(self) -> None:
        """Give back the connections."""
        await self._transport.aclose()

    async def _lone_payment(self, payment_id: str) -> ProviderInvoice | None:
        """GET /v1/payment_intents/{id}, and what became of it since."""
        try:
            with translated():
                found = await self._stripe.payment_intents.retrieve_async(payment_id)
                collected = await self._charges(payment_id)
        except Missing:
            return None
        return objects.lone_payment(found, collected)

    async def _charges(self, payment_id: str) -> list[Collected]:
        """What a payment intent charged, with everything that was given or taken back of it."""
        v1 = self._stripe
        page = await v1.charges.list_async(
            {"payment_intent": payment_id, "limit": 100, "expand": ["data.refunds"]}
        )
        found = []
        async for charge in page.auto_paging_iter():
            refunds = charge.refunds.data if charge.refunds is not None else []
            if charge.refunds is not None and charge.refunds.has_more:
                every = await v1.refunds.list_async({"charge": charge.id, "limit": 100})
                refunds = [refund async for refund in every.auto_paging_iter()]
            disputes: list[stripe.Dispute] = []
            if charge.disputed:
                disputes = (await v1.disputes.list_async({"charge": charge.id, "limit": 100})).data
            found.append(Collected(payment_id, objects.charged_at(charge), refunds, disputes))
        return found

    async def _update(self, subscription_id: str, params: "SubscriptionUpdateParams") -> None:
        with translated():
            await self._stripe.subscriptions.update_async(subscription_id, params)
