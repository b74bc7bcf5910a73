"""Setup intents: a customer leaves a card for later charges."""

from typing import Annotated, Literal

from pydantic import Field

from gymhopper.sandbox.stripe.api.intents import (
    CreateIntent,
    check_customer,
    check_free,
    check_return,
    chosen_method,
)
from gymhopper.sandbox.stripe.billing import means, saving
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    ListParameters,
    Metadata,
    Parameters,
    Text,
    Url,
)

endpoints = Endpoints()

_UNEXPECTED = "setup_intent_unexpected_state"


class CreateSetupIntent(CreateIntent):
    description: Annotated[Text, Field(max_length=1000)] | None = None
    metadata: Metadata | None = None
    usage: Literal["off_session", "on_session"] = "off_session"


class ConfirmSetupIntent(Parameters):
    payment_method: Text | None = None
    return_url: Url | None = None


class CancelSetupIntent(Parameters):
    cancellation_reason: Literal["abandoned", "duplicate", "requested_by_customer"] | None = None


class ListSetupIntents(ListParameters):
    customer: Text | None = None
    payment_method: Text | None = None


@endpoints.on("POST", "/v1/setup_intents", CreateSetupIntent)
async def create_setup_intent(call: Call, parameters: CreateSetupIntent) -> Object:
    store = call.store
    await check_customer(store, parameters.customer)
    if parameters.return_url is not None and not parameters.confirm:
        raise InvalidRequest(
            "`return_url` may only be used when `confirm` is true.", param="return_url"
        )
    method = None
    if parameters.payment_method is not None:
        method = await means.usable(
            store,
            parameters.payment_method,
            customer_id=parameters.customer,
            param="payment_method",
        )
    given = parameters.given("description", "metadata", "usage")
    intent = await saving.new_setup(
        store, customer=parameters.customer, method=method, given={**given, **parameters.kinds()}
    )
    if not parameters.confirm:
        return intent
    return await _confirm(call, intent, ConfirmSetupIntent(return_url=parameters.return_url))


@endpoints.on("POST", "/v1/setup_intents/{key}/confirm", ConfirmSetupIntent)
async def confirm_setup_intent(call: Call, parameters: ConfirmSetupIntent, *, key: str) -> Object:
    intent = await call.store.get("setup_intent", key, param="intent")
    return await _confirm(call, intent, parameters)


async def _confirm(call: Call, intent: Object, parameters: ConfirmSetupIntent) -> Object:
    store = call.store
    if intent["status"] in {"succeeded", "canceled"}:
        raise InvalidRequest(
            f"You cannot confirm this SetupIntent because it has a status of {intent['status']}.",
            code=_UNEXPECTED,
        )
    await check_free(store, intent)
    method = await chosen_method(
        store, intent, parameters.payment_method, kind="SetupIntent", unexpected=_UNEXPECTED
    )
    check_return(intent, parameters.return_url, kind="SetupIntent")
    await store.hide(intent["id"], return_url=parameters.return_url)
    tried = await saving.save(store, intent, method)
    if tried.decline is not None:
        raise tried.error()
    return tried.intent


@endpoints.on("POST", "/v1/setup_intents/{key}/cancel", CancelSetupIntent)
async def cancel_setup_intent(call: Call, parameters: CancelSetupIntent, *, key: str) -> Object:
    intent = await call.store.get("setup_intent", key, param="intent")
    if intent["status"] in {"succeeded", "canceled"}:
        raise InvalidRequest(
            f"You cannot cancel this SetupIntent because it has a status of {intent['status']}. "
            "Only a SetupIntent with one of the following statuses may be canceled: "
            "requires_payment_method, requires_confirmation, requires_action.",
            code=_UNEXPECTED,
        )
    await check_free(call.store, intent)
    return await saving.cancel(call.store, intent, reason=parameters.cancellation_reason)


endpoints.retrieving("/v1/setup_intents", "setup_intent")
endpoints.listing("/v1/setup_intents", "setup_intent", ListSetupIntents)
