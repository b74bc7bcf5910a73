"""What payment intents and setup intents have in common."""

from typing import Literal

from gymhopper.sandbox.stripe.billing import means
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.parameters import Listed, Nested, Parameters, Text, Url


class AutomaticMethods(Nested):
    allow_redirects: Literal["always", "never"] = "always"
    enabled: bool


class CreateIntent(Parameters):
    automatic_payment_methods: AutomaticMethods | None = None
    confirm: bool = False
    customer: Text | None = None
    payment_method: Text | None = None
    payment_method_types: Listed[Literal["card"]] | None = None
    return_url: Url | None = None

    def kinds(self) -> Object:
        """Which means of payment the intent takes; without a word, those that the account takes."""
        if self.payment_method_types is not None:
            if self.automatic_payment_methods is not None:
                raise InvalidRequest(
                    "You may only specify one of these parameters: automatic_payment_methods, "
                    "payment_method_types.",
                    param="payment_method_types",
                )
            return {}
        chosen = self.automatic_payment_methods or AutomaticMethods(enabled=True)
        return {"automatic_payment_methods": chosen.model_dump() if chosen.enabled else None}


async def check_customer(store: Store, key: str | None) -> None:
    """InvalidRequest where there is no such customer."""
    if key is not None and await store.find("customer", key) is None:
        raise InvalidRequest(
            f"No such customer: '{key}'", code="resource_missing", param="customer"
        )


async def check_free(store: Store, intent: Object) -> None:
    """InvalidRequest for an intent that only its checkout session may confirm or cancel."""
    if "session" in await store.hidden(intent["id"]):
        raise InvalidRequest(
            f"This {intent['object']} belongs to a Checkout Session and cannot be confirmed or "
            "canceled by the API; expire the Checkout Session instead.",
            code=f"{intent['object']}_unexpected_state",
        )


def check_return(intent: Object, return_url: str | None, *, kind: str) -> None:
    """InvalidRequest where the customer might be sent away and could not come back."""
    automatic = intent["automatic_payment_methods"]
    if automatic is not None and automatic["allow_redirects"] == "always" and return_url is None:
        raise InvalidRequest(
            f"This {kind} is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`. If you don't want to accept redirect-based payment "
            "methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never`.",
            param="return_url",
        )


async def chosen_method(
    store: Store, intent: Object, key: str | None, *, kind: str, unexpected: str
) -> Object:
    """What an intent is to be confirmed with: what the request names, or what it has already."""
    named = key or intent["payment_method"]
    if named is None:
        raise InvalidRequest(
            f"You cannot confirm this {kind} because it's missing a payment method. You can "
            f"either update the {kind} with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method.",
            code=unexpected,
        )
    return await means.usable(store, named, customer_id=intent["customer"], param="payment_method")
