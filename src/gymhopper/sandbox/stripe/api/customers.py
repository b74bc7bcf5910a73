"""Customers."""

from typing import Any

from gymhopper.sandbox.stripe.billing.means import attach
from gymhopper.sandbox.stripe.billing.test_clocks import KIND, living
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.customer import customer
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Clearable,
    Listed,
    ListParameters,
    Metadata,
    Nested,
    Parameters,
    Text,
    merged_metadata,
)

endpoints = Endpoints()

_PLAIN = ("description", "email", "name", "phone")


class InvoiceSettings(Nested):
    default_payment_method: Clearable[Text] = None


class Address(Nested):
    city: Clearable[Text] = None
    country: Clearable[Text] = None
    line1: Clearable[Text] = None
    line2: Clearable[Text] = None
    postal_code: Clearable[Text] = None
    state: Clearable[Text] = None


class UpdateCustomer(Parameters):
    address: Clearable[Address] = None
    description: Clearable[Text] = None
    email: Clearable[Text] = None
    invoice_settings: InvoiceSettings | None = None
    metadata: Metadata | None = None
    name: Clearable[Text] = None
    phone: Clearable[Text] = None
    preferred_locales: Listed[Text] | None = None


class CreateCustomer(UpdateCustomer):
    payment_method: Text | None = None
    test_clock: Text | None = None


class ListCustomers(ListParameters):
    email: Text | None = None
    test_clock: Text | None = None

    def filters(self) -> dict[str, Any]:
        """Without a test clock, customers that have one are left out."""
        found = super().filters()
        return found if self.test_clock is not None else {**found, "clockless": True}


@endpoints.on("POST", "/v1/customers", CreateCustomer)
async def create_customer(call: Call, parameters: CreateCustomer) -> Object:
    store, given = call.store, _plain(parameters, {})
    if parameters.test_clock is not None:
        if await store.find(KIND, parameters.test_clock) is None:
            raise InvalidRequest(
                f"No such test clock: '{parameters.test_clock}'",
                code="resource_missing",
                param="test_clock",
            )
        given["test_clock"] = parameters.test_clock
        store = await living(store, given)
    made = await store.insert(customer(created=store.now, given=given), "customer.created")
    if parameters.payment_method is not None:
        await attach(store, parameters.payment_method, made["id"])
    return await _set_invoice_settings(store, made, parameters)


@endpoints.on("POST", "/v1/customers/{key}", UpdateCustomer)
async def update_customer(call: Call, parameters: UpdateCustomer, *, key: str) -> Object:
    before = await call.store.get("customer", key, param="id")
    changes = _plain(parameters, before)
    settings = await _invoice_settings(call.store, before, parameters)
    return await call.store.update(before, changes | settings, "customer.updated")


def _plain(parameters: UpdateCustomer, before: Object) -> Object:
    given = parameters.given(*_PLAIN, "preferred_locales")
    if parameters.metadata is not None:
        given["metadata"] = merged_metadata(before.get("metadata", {}), parameters.metadata)
    if "address" in parameters.model_fields_set:
        given["address"] = parameters.address and parameters.address.model_dump(mode="json")
    return given


async def _set_invoice_settings(store: Store, made: Object, parameters: UpdateCustomer) -> Object:
    changes = await _invoice_settings(store, made, parameters)
    return await store.update(made, changes, "customer.updated")


async def _invoice_settings(store: Store, before: Object, parameters: UpdateCustomer) -> Object:
    settings = parameters.invoice_settings
    if settings is None or "default_payment_method" not in settings.model_fields_set:
        return {}
    key = settings.default_payment_method
    if key is not None:
        await own_method(store, key, before["id"], param="invoice_settings[default_payment_method]")
    return {"invoice_settings": {**before["invoice_settings"], "default_payment_method": key}}


async def own_method(store: Store, key: str, customer_id: str, *, param: str) -> Object:
    """A means of payment that the customer has; InvalidRequest when it is not theirs."""
    method = await store.find("payment_method", key)
    if method is None:
        raise InvalidRequest(
            f"No such PaymentMethod: '{key}'", code="resource_missing", param=param
        )
    if method["customer"] != customer_id:
        raise InvalidRequest(
            f"The customer does not have a payment method with the ID {key}. The payment method "
            "must be attached to the customer.",
            code="resource_missing",
            param=param,
        )
    return method


endpoints.retrieving("/v1/customers", "customer")
endpoints.listing("/v1/customers", "customer", ListCustomers)
