"""Attempts of a setup intent to save a card for later charges."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gymhopper.sandbox.stripe.billing import means
from gymhopper.sandbox.stripe.cards import Challenge, Decline, card_of
from gymhopper.sandbox.stripe.errors import CardDeclined
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.payment import card_error, next_action
from gymhopper.sandbox.stripe.objects.setup_intent import setup_intent
from gymhopper.sandbox.stripe.storage.store import Store


@dataclass(frozen=True, slots=True)
class Saving:
    """How a try to save a card ended: `saved`, declined, or with a question to its holder."""

    intent: Object
    method: Object
    decline: Decline | None = None

    @property
    def saved(self) -> bool:
        """Whether the card may be charged later."""
        return bool(self.intent["status"] == "succeeded")

    @property
    def asks(self) -> bool:
        """Whether the card's holder has to authenticate first."""
        return bool(self.intent["status"] == "requires_action")

    def error(self) -> CardDeclined:
        """What the API answers to an attempt that was declined."""
        assert self.decline is not None  # noqa: S101 - only asked of a declined attempt
        return CardDeclined(
            self.decline.message,
            code=self.decline.code,
            decline_code=self.decline.decline_code,
            param=self.decline.param,
            setup_intent=self.intent,
            payment_method=self.method,
        )


async def new_setup(
    store: Store, *, customer: str | None, method: Object | None, given: Mapping[str, Any]
) -> Object:
    """An intent to save a card."""
    made = setup_intent(
        created=store.now,
        customer=customer,
        payment_method_id=method["id"] if method else None,
        given=given,
    )
    return await store.insert(made, "setup_intent.created")


async def save(
    store: Store, intent: Object, method: Object, *, authenticated: bool = False
) -> Saving:
    """Ask the issuer whether the card may be charged later; the customer has it from then on."""
    verdict = card_of(method).when_saved(authenticated=authenticated)
    if isinstance(verdict, Challenge):
        hidden = await store.hidden(intent["id"])
        page = f"{store.base_url}/authenticate/{intent['id']}"
        changes = {
            "status": "requires_action",
            "payment_method": method["id"],
            "next_action": next_action(page, hidden.get("return_url")),
        }
        return Saving(await store.update(intent, changes, "setup_intent.requires_action"), method)
    if verdict is not None:
        error = card_error(verdict, method)
        return Saving(await _failed(store, intent, error), method, verdict)
    method = await means.keep(store, method, intent["customer"])
    intent = await store.update(
        intent,
        {
            "status": "succeeded",
            "payment_method": method["id"],
            "next_action": None,
            "last_setup_error": None,
        },
        "setup_intent.succeeded",
    )
    return Saving(intent, method)


async def authentication_failed(store: Store, intent: Object, method: Object) -> Object:
    """The card's holder did not prove who they are: another card is wanted."""
    error = {
        "code": "setup_intent_authentication_failure",
        "message": "The latest attempt to set up the payment method has failed because "
        "authentication failed.",
        "payment_method": method,
        "type": "invalid_request_error",
    }
    return await _failed(store, intent, error)


async def _failed(store: Store, intent: Object, error: Object) -> Object:
    return await store.update(
        intent,
        {
            "status": "requires_payment_method",
            "payment_method": None,
            "next_action": None,
            "last_setup_error": error,
        },
        "setup_intent.setup_failed",
    )


async def cancel(store: Store, intent: Object, *, reason: str | None) -> Object:
    """Nobody can save a card with this intent any more."""
    return await store.update(
        intent,
        {"status": "canceled", "cancellation_reason": reason, "next_action": None},
        "setup_intent.canceled",
    )
