"""Means of payment: cards by token, whose they are, what is said about them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gymhopper.sandbox.stripe.api.customers import Address
from gymhopper.sandbox.stripe.billing.means import attach, detach
from gymhopper.sandbox.stripe.cards import BY_SOURCE_TOKEN, BY_TOKEN
from gymhopper.sandbox.stripe.errors import InvalidRequest, ResourceMissing
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.payment_method import payment_method
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Clearable,
    Metadata,
    Nested,
    Paging,
    Parameters,
    Text,
    merged_metadata,
)

endpoints = Endpoints()

Redisplay = Literal["always", "limited", "unspecified"]


class BillingDetails(Nested):
    address: Clearable[Address] = None
    email: Clearable[Text] = None
    name: Clearable[Text] = None
    phone: Clearable[Text] = None


class CardToken(Nested):
    token: Text


class CardDates(Nested):
    exp_month: Annotated[int, Field(ge=1, le=12)] | None = None
    exp_year: Annotated[int, Field(ge=2000, le=2999)] | None = None


class CreatePaymentMethod(Parameters):
    allow_redisplay: Redisplay = "unspecified"
    billing_details: BillingDetails | None = None
    card: CardToken
    metadata: Metadata | None = None
    type: Literal["card"]


class UpdatePaymentMethod(Parameters):
    allow_redisplay: Redisplay | None = None
    billing_details: BillingDetails | None = None
    card: CardDates | None = None
    metadata: Metadata | None = None


class AttachPaymentMethod(Parameters):
    customer: Text


class ListOwnMethods(Paging):
    allow_redisplay: Redisplay | None = None
    type: Literal["card"] | None = None


class ListPaymentMethods(ListOwnMethods):
    customer: Text


@endpoints.on("POST", "/v1/payment_methods", CreatePaymentMethod)
async def create_payment_method(call: Call, parameters: CreatePaymentMethod) -> Object:
    card = BY_SOURCE_TOKEN.get(parameters.card.token)
    if card is None:
        raise InvalidRequest(
            f"No such token: '{parameters.card.token}'",
            code="resource_missing",
            param="card[token]",
        )
    made = payment_method(card, created=call.store.now)
    return await call.store.insert(made | _told(made, parameters))


def _told(before: Object, parameters: CreatePaymentMethod | UpdatePaymentMethod) -> Object:
    """What the request says of the means of payment, merged into what was known."""
    changes: dict[str, Any] = parameters.given("allow_redisplay")
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    if parameters.billing_details is not None:
        given = parameters.billing_details.given("address", "email", "name", "phone")
        if given.get("address") is not None:
            given["address"] = {**dict.fromkeys(Address.model_fields), **given["address"]}
        changes["billing_details"] = {**before["billing_details"], **given}
    return changes


@endpoints.on("GET", "/v1/payment_methods/{key}", Parameters)
async def retrieve_payment_method(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    card = BY_TOKEN.get(key)
    if card is not None:
        # The test ids stand for cards that belong to nobody and are kept nowhere.
        return payment_method(card, created=call.store.now)
    return await _method(call.store, key)


async def _method(store: Store, key: str) -> Object:
    found = await store.find("payment_method", key)
    if found is None:
        raise ResourceMissing("PaymentMethod", key, param="payment_method")
    return found


@endpoints.on("POST", "/v1/payment_methods/{key}", UpdatePaymentMethod)
async def update_payment_method(call: Call, parameters: UpdatePaymentMethod, *, key: str) -> Object:
    before = await _method(call.store, key)
    if before["customer"] is None:
        raise InvalidRequest(
            "You must save this PaymentMethod to a customer before you can update it.",
            code="payment_method_unexpected_state",
        )
    changes = _told(before, parameters)
    if parameters.card is not None:
        dates = parameters.card.model_dump(exclude_none=True)
        changes["card"] = {**before["card"], **dates}
    return await call.store.update(before, changes, "payment_method.updated")


@endpoints.on("POST", "/v1/payment_methods/{key}/attach", AttachPaymentMethod)
async def attach_payment_method(call: Call, parameters: AttachPaymentMethod, *, key: str) -> Object:
    if await call.store.find("customer", parameters.customer) is None:
        raise InvalidRequest(
            f"No such customer: '{parameters.customer}'", code="resource_missing", param="customer"
        )
    return await attach(call.store, key, parameters.customer)


@endpoints.on("POST", "/v1/payment_methods/{key}/detach", Parameters)
async def detach_payment_method(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    return await detach(call.store, await _method(call.store, key))


endpoints.listing("/v1/payment_methods", "payment_method", ListPaymentMethods)


@endpoints.on("GET", "/v1/customers/{key}/payment_methods", ListOwnMethods)
async def list_own_methods(call: Call, parameters: ListOwnMethods, *, key: str) -> Object:
    await call.store.get("customer", key, param="customer")
    page = await call.store.page(
        "payment_method",
        {**parameters.filters(), "customer": key},
        limit=parameters.limit,
        starting_after=parameters.starting_after,
        ending_before=parameters.ending_before,
    )
    url = f"/v1/customers/{key}/payment_methods"
    return {"object": "list", "data": page.data, "has_more": page.has_more, "url": url}


@endpoints.on("GET", "/v1/customers/{key}/payment_methods/{method}", Parameters)
async def retrieve_own_method(
    call: Call, parameters: Parameters, *, key: str, method: str
) -> Object:
    del parameters
    await call.store.get("customer", key, param="customer")
    found = await _method(call.store, method)
    if found["customer"] != key:
        raise ResourceMissing("PaymentMethod", method, param="payment_method")
    return found
