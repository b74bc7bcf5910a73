"""Payment intents: a customer pays once, on a page or while they are away."""

from typing import Annotated, Literal

from pydantic import Field

from gymhopper.sandbox.stripe.amounts import minimum, shown
from gymhopper.sandbox.stripe.api.intents import (
    CreateIntent,
    check_customer,
    check_free,
    check_return,
    chosen_method,
)
from gymhopper.sandbox.stripe.billing import charging, following, means
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Amount,
    Clearable,
    Currency,
    ListParameters,
    Metadata,
    Parameters,
    Text,
    Url,
    merged_metadata,
)

endpoints = Endpoints()

UNEXPECTED = "payment_intent_unexpected_state"
FutureUsage = Literal["off_session", "on_session"]


class CreatePaymentIntent(CreateIntent):
    amount: Annotated[Amount, Field(ge=1)]
    currency: Currency
    description: Annotated[Text, Field(max_length=1000)] | None = None
    error_on_requires_action: bool = False
    metadata: Metadata | None = None
    off_session: bool = False
    receipt_email: Text | None = None
    setup_future_usage: FutureUsage | None = None
    transfer_group: Text | None = None


class UpdatePaymentIntent(Parameters):
    description: Clearable[Text] = None
    metadata: Metadata | None = None


class ConfirmPaymentIntent(Parameters):
    error_on_requires_action: bool = False
    off_session: bool = False
    payment_method: Text | None = None
    return_url: Url | None = None
    setup_future_usage: FutureUsage | None = None


class CancelPaymentIntent(Parameters):
    cancellation_reason: (
        Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"] | None
    ) = None


class ListPaymentIntents(ListParameters):
    customer: Text | None = None


@endpoints.on("POST", "/v1/payment_intents", CreatePaymentIntent)
async def create_payment_intent(call: Call, parameters: CreatePaymentIntent) -> Object:
    store = call.store
    await check_customer(store, parameters.customer)
    check_amount(parameters.amount, parameters.currency, param="amount")
    if not parameters.confirm:
        for name in ("off_session", "error_on_requires_action", "return_url"):
            if getattr(parameters, name):
                raise InvalidRequest(
                    f"`{name}` may only be used when `confirm` is true.", param=name
                )
    method = None
    if parameters.payment_method is not None:
        method = await means.usable(
            store,
            parameters.payment_method,
            customer_id=parameters.customer,
            param="payment_method",
        )
    given = parameters.given(
        "description", "metadata", "receipt_email", "setup_future_usage", "transfer_group"
    )
    intent = await charging.new_intent(
        store,
        amount=parameters.amount,
        currency=parameters.currency,
        customer=parameters.customer,
        method=method,
        given={**given, **parameters.kinds()},
    )
    if not parameters.confirm:
        return intent
    return await _confirm(call, intent, ConfirmPaymentIntent(**parameters.given(*_CONFIRMING)))


_CONFIRMING = ("error_on_requires_action", "off_session", "return_url")


def check_amount(amount: int, currency: str, *, param: str) -> None:
    """InvalidRequest for less than the cards' networks take."""
    least = minimum(currency)
    if amount < least:
        raise InvalidRequest(
            f"Amount must be at least {shown(least, currency)}",
            code="amount_too_small",
            param=param,
        )


@endpoints.on("POST", "/v1/payment_intents/{key}", UpdatePaymentIntent)
async def update_payment_intent(call: Call, parameters: UpdatePaymentIntent, *, key: str) -> Object:
    before = await call.store.get("payment_intent", key, param="intent")
    changes = parameters.given("description")
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    return await call.store.update(before, changes)


@endpoints.on("POST", "/v1/payment_intents/{key}/confirm", ConfirmPaymentIntent)
async def confirm_payment_intent(
    call: Call, parameters: ConfirmPaymentIntent, *, key: str
) -> Object:
    intent = await call.store.get("payment_intent", key, param="intent")
    return await _confirm(call, intent, parameters)


async def _confirm(call: Call, intent: Object, parameters: ConfirmPaymentIntent) -> Object:
    store = call.store
    if intent["status"] in {"succeeded", "canceled"}:
        raise InvalidRequest(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be confirmed: "
            "requires_confirmation, requires_action.",
            code=UNEXPECTED,
        )
    await check_free(store, intent)
    await following.check_wanted(store, intent)
    method = await chosen_method(
        store, intent, parameters.payment_method, kind="PaymentIntent", unexpected=UNEXPECTED
    )
    check_return(intent, parameters.return_url, kind="PaymentIntent")
    usage = parameters.given("setup_future_usage")
    if usage:
        intent = await store.update(intent, usage)
    await store.hide(intent["id"], return_url=parameters.return_url)
    tried = await charging.attempt(
        store,
        intent,
        method,
        customer_present=not parameters.off_session,
        may_ask=not parameters.off_session and not parameters.error_on_requires_action,
    )
    await following.follow(store, tried)
    if tried.decline is not None:
        raise tried.error()
    return tried.intent


@endpoints.on("POST", "/v1/payment_intents/{key}/cancel", CancelPaymentIntent)
async def cancel_payment_intent(call: Call, parameters: CancelPaymentIntent, *, key: str) -> Object:
    store = call.store
    intent = await store.get("payment_intent", key, param="intent")
    if intent["status"] in {"succeeded", "canceled"}:
        raise InvalidRequest(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be canceled: "
            "requires_payment_method, requires_capture, requires_confirmation, requires_action, "
            "processing.",
            code=UNEXPECTED,
        )
    await check_free(store, intent)
    if await following.invoice_of(store, intent) is not None:
        raise InvalidRequest(
            "You cannot cancel this PaymentIntent because it belongs to an invoice; void the "
            "invoice instead.",
            code=UNEXPECTED,
        )
    return await charging.cancel(store, intent, reason=parameters.cancellation_reason)


endpoints.retrieving("/v1/payment_intents", "payment_intent")
endpoints.listing("/v1/payment_intents", "payment_intent", ListPaymentIntents)
