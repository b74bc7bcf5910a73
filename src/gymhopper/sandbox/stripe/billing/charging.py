"""Attempts of a payment intent to take the money from a card."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gymhopper.sandbox.stripe.billing import disputes, means
from gymhopper.sandbox.stripe.billing.bookkeeping import book_charge
from gymhopper.sandbox.stripe.cards import (
    AUTHENTICATION_REQUIRED,
    GENERIC,
    Card,
    Challenge,
    Decline,
    card_of,
)
from gymhopper.sandbox.stripe.errors import CardDeclined
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.payment import (
    card_error,
    charge,
    next_action,
    payment_intent,
)
from gymhopper.sandbox.stripe.storage.store import Store


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a try to charge ended: `paid`, declined, or with a question to the card's holder."""

    intent: Object
    charge: Object | None
    method: Object
    decline: Decline | None

    @property
    def paid(self) -> bool:
        """Whether the money moved."""
        return self.charge is not None and self.decline is None

    @property
    def asks(self) -> bool:
        """Whether the card's holder has to authenticate first."""
        return self.charge is None and self.decline is None

    def error(self) -> CardDeclined:
        """What the API answers where the money did not move."""
        if self.decline is None:
            return CardDeclined(
                "This payment requires additional user action before it can be completed "
                "successfully. Payment can be completed using the PaymentIntent associated with "
                "the invoice.",
                code="invoice_payment_intent_requires_action",
                payment_intent=self.intent,
                payment_method=self.method,
            )
        return CardDeclined(
            self.decline.message,
            code=self.decline.code,
            decline_code=self.decline.decline_code,
            param=self.decline.param,
            charge=self.charge and self.charge["id"],
            payment_intent=self.intent,
            payment_method=self.method,
        )


async def new_intent(
    store: Store,
    *,
    amount: int,
    currency: str,
    customer: str | None,
    method: Object | None,
    given: Mapping[str, Any],
) -> Object:
    """An intent to collect `amount` minor units, by this means of payment if there is one."""
    return await store.insert(
        payment_intent(
            created=store.now,
            amount=amount,
            currency=currency,
            customer=customer,
            payment_method_id=method["id"] if method else None,
            given=given,
        ),
        "payment_intent.created",
    )


async def attempt(
    store: Store,
    intent: Object,
    method: Object,
    *,
    customer_present: bool,
    may_ask: bool = True,
    authenticated: bool = False,
) -> Attempt:
    """Charge the card, unless its issuer wants its holder to authenticate before.

    That is a decline where nobody may be asked. Whatever the issuer says is recorded.
    """
    card = card_of(method)
    verdict = card.when_charged(
        present=customer_present,
        set_up=await means.is_set_up(store, method),
        authenticated=authenticated,
    )
    if isinstance(verdict, Challenge):
        if may_ask:
            return await _ask(store, intent, method)
        verdict = AUTHENTICATION_REQUIRED
    if await means.is_used_up(store, method):
        # A subscription may still name a card that was taken from its customer.
        verdict = GENERIC
    if verdict is not None:
        return await _declined(store, intent, method, card, verdict, authenticated=authenticated)
    return await _paid(
        store,
        intent,
        method,
        card,
        keeps=customer_present and intent["setup_future_usage"] is not None,
        authenticated=authenticated,
    )


async def _ask(store: Store, intent: Object, method: Object) -> Attempt:
    hidden = await store.hidden(intent["id"])
    page = f"{store.base_url}/authenticate/{intent['id']}"
    intent = await store.update(
        intent,
        {
            "status": "requires_action",
            "payment_method": method["id"],
            "next_action": next_action(page, hidden.get("return_url")),
        },
        "payment_intent.requires_action",
    )
    return Attempt(intent, None, method, None)


async def _declined(
    store: Store,
    intent: Object,
    method: Object,
    card: Card,
    decline: Decline,
    *,
    authenticated: bool,
) -> Attempt:
    made = charge(intent, method, card, decline, created=store.now, authenticated=authenticated)
    await store.insert(made, "charge.failed")
    intent = await store.update(
        intent,
        {
            "status": "requires_payment_method",
            "latest_charge": made["id"],
            "next_action": None,
            "payment_method": None,
            "last_payment_error": card_error(decline, method, charge=made["id"]),
        },
        "payment_intent.payment_failed",
    )
    return Attempt(intent, made, method, decline)


async def _paid(
    store: Store, intent: Object, method: Object, card: Card, *, keeps: bool, authenticated: bool
) -> Attempt:
    made = charge(intent, method, card, None, created=store.now, authenticated=authenticated)
    booked = await book_charge(store, made, at_once=card.available_at_once)
    made = await store.insert({**made, "balance_transaction": booked}, "charge.succeeded")
    if card.disputed is not None:
        made = await disputes.open_dispute(store, made, reason=card.disputed)
    intent = await store.update(
        intent,
        {
            "status": "succeeded",
            "amount_received": intent["amount"],
            "latest_charge": made["id"],
            "next_action": None,
            "payment_method": method["id"],
            "last_payment_error": None,
        },
        "payment_intent.succeeded",
    )
    if keeps:
        method = await means.keep(store, method, intent["customer"])
    elif method["customer"] is None:
        await means.use_up(store, method)
    return Attempt(intent, made, method, None)


async def authentication_failed(store: Store, intent: Object, method: Object) -> Object:
    """The card's holder did not prove who they are: another means of payment is wanted."""
    return await store.update(
        intent,
        {
            "status": "requires_payment_method",
            "next_action": None,
            "payment_method": None,
            "last_payment_error": {
                "code": "payment_intent_authentication_failure",
                "message": "The provided PaymentMethod has failed authentication. You can provide "
                "payment_method_data or a new PaymentMethod to attempt to fulfill this "
                "PaymentIntent again.",
                "payment_method": method,
                "type": "invalid_request_error",
            },
        },
        "payment_intent.payment_failed",
    )


async def cancel(store: Store, intent: Object, *, reason: str | None) -> Object:
    """Nobody can pay with this intent any more."""
    return await store.update(
        intent,
        {
            "status": "canceled",
            "canceled_at": store.now,
            "cancellation_reason": reason,
            "next_action": None,
        },
        "payment_intent.canceled",
    )
