"""What billing asks of a payment provider."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from gymhopper.contexts.billing.domain.cards import Card, CardPage
from gymhopper.contexts.billing.domain.checkout import Checkout
from gymhopper.contexts.billing.domain.claim_page import ClaimPage
from gymhopper.contexts.billing.domain.listing import ProviderPage
from gymhopper.contexts.billing.domain.provider import (
    ProviderCheckout,
    ProviderInvoice,
    ProviderPreview,
    ProviderSubscription,
)
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.kernel.money import Money


class PaymentProvider(Protocol):
    """Collects money.

    Reads give None for an object that the provider does not know. Writes may be repeated: what has
    an id of ours happens once, the rest sets absolute values. Everything raises Unavailable when
    the provider cannot answer now, ProviderRefused or CardRefused when it says no.
    """

    name: str

    async def create_customer(self, *, account_id: UUID, person_id: UUID) -> str:
        """The provider's id for a person who pays, always the same one for an account."""
        ...

    async def open_checkout(self, checkout: Checkout, *, customer_id: str) -> ProviderCheckout:
        """A page on which the person subscribes on the checkout's terms, or pays once.

        A payment without a subscription bears the page's id as its `reference`.
        """
        ...

    async def expire_checkout(self, checkout_id: str) -> ProviderCheckout | None:
        """Close a page, and say what it is then: somebody may have paid a moment before."""
        ...

    async def checkout(self, checkout_id: str) -> ProviderCheckout | None:
        """The page as it is now."""
        ...

    async def subscription(self, subscription_id: str) -> ProviderSubscription | None:
        """The subscription as it is now."""
        ...

    async def invoice(self, invoice_id: str) -> ProviderInvoice | None:
        """The invoice as it is now, with its payments and refunds; so for a payment without one."""
        ...

    async def invoice_of_payment(self, payment_id: str) -> str | None:
        """The invoice that the payment was for; the payment itself where it stands alone."""
        ...

    async def subscriptions(
        self, *, after: str | None, since: datetime | None
    ) -> ProviderPage[ProviderSubscription]:
        """A page of all subscriptions, also those that ended, from behind `after` on; only those
        created at `since` or later where that is given."""
        ...

    async def invoices(
        self, *, after: str | None, since: datetime | None, only_open: bool
    ) -> ProviderPage[ProviderInvoice]:
        """A page of invoices, likewise. What was given back for them is left out."""
        ...

    async def refund(self, refund_id: UUID, *, payment_id: str, amount: int, currency: str) -> None:
        """Give `amount` minor units of a payment back, once for each of our refund ids."""
        ...

    async def move_balance(self, placement_id: UUID, *, customer_id: str, money: Money) -> None:
        """Hold so much more for the customer, to pay what is asked for next; less where `money` is
        below zero. Once for each of our placement ids."""
        ...

    async def open_charge(
        self,
        claim_id: UUID,
        *,
        customer_id: str,
        subscription_id: str | None,
        payment_id: str | None,
        currency: str,
    ) -> str:
        """An empty invoice for a claim of ours, to be paid as the subscription is, or as the
        payment was where there is none; its id.

        One for each claim, while the provider remembers our keys: keep the id at once.
        """
        ...

    async def collect_charge(
        self, invoice_id: str, *, customer_id: str, money: Money, text: str
    ) -> None:
        """Fill the invoice and collect it once, going on from wherever it is.

        A card that is refused leaves it open.
        """
        ...

    async def give_up(self, invoice_id: str) -> None:
        """Try to collect the invoice no more; one that is paid or void stays as it is."""
        ...

    async def collect_until(self, subscription_id: str, until: datetime | None) -> None:
        """Stop collecting at `until`; None takes such an end back."""
        ...

    async def reprice(self, subscription_id: str, terms: Terms) -> None:
        """Collect the terms' price from the next period on; the present one stays as it is."""
        ...

    async def discount(self, subscription_id: str, terms: Terms, *, holds: bool) -> None:
        """Take the terms' discount off each period that begins from now on, until told otherwise;
        or nothing any more. The present period stays as it is."""
        ...

    async def preview_change(
        self, subscription_id: str, terms: Terms, at: datetime
    ) -> ProviderPreview:
        """The invoice of becoming these terms at once, priced for the instant `at`, which lies in
        the period that runs; a discount ends with that. Nothing is kept of it."""
        ...

    async def change_plan(
        self, change_id: UUID, subscription_id: str, terms: Terms, at: datetime | None
    ) -> str | None:
        """Become these terms at once, for what `preview_change` says of the same instant; None:
        for nothing, also where that leaves something over.

        The id of the latest invoice then. Once for each change; CardRefused leaves all as it was.
        """
        ...

    async def pause(self, subscription_id: str, *, paused: bool) -> None:
        """Rest or go on: what falls due while it rests is held back."""
        ...

    async def held_back(self, subscription_id: str) -> tuple[ProviderInvoice, ...]:
        """What fell due while it rested and was not released yet, the earliest first."""
        ...

    async def release(
        self, invoice_id: str, *, customer_id: str, taken_off: Money, text: str
    ) -> None:
        """Collect an invoice that was held back, once and for so much less, going on from wherever
        it is; `text` says why. A card that is refused leaves it open."""
        ...

    async def cancel(self, subscription_id: str) -> None:
        """Stop collecting now; nothing is charged or given back for it."""
        ...

    async def cards(self, customer_id: str, *, subscription_id: str | None) -> tuple[Card, ...]:
        """The customer's saved cards, the newest first; the default is what the subscription is
        charged by, where one is given."""
        ...

    async def open_card_page(self, page: CardPage, *, customer_id: str) -> ProviderCheckout:
        """A page on which the customer adds a card."""
        ...

    async def use_card(
        self, card_id: str, *, customer_id: str, subscription_ids: Sequence[str]
    ) -> None:
        """Charge this card from now on, for the customer and for these subscriptions."""
        ...

    async def remove_card(self, card_id: str) -> None:
        """Charge this card never again; one that is gone already is as wanted."""
        ...

    async def collect_again(self, invoice_id: str, *, card_id: str) -> bool:
        """Try to collect an invoice that nobody could pay, unless this card was tried last.

        Returns whether it was tried; a card that is refused leaves the invoice as it was.
        """
        ...

    async def payment_page(self, invoice_id: str) -> str | None:
        """Where the customer pays the invoice at once; None when there is nothing to pay."""
        ...

    async def open_claim_page(
        self, page: ClaimPage, *, customer_id: str | None
    ) -> ProviderCheckout:
        """A page on which a claim is paid that no invoice of the provider's asks for.

        The payment bears the claim's id as its `reference`.
        """
        ...

    async def open_portal(self, customer_id: str, *, return_url: str) -> str:
        """The provider's own pages for the customer, who comes back to `return_url`."""
        ...

    async def close(self) -> None:
        """Give back what is held open."""
        ...
