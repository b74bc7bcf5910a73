"""The simulator says nothing that Stripe's own description does not know."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import stripe
from pydantic import BaseModel
from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.sandbox.stripe.app import FAMILIES
from gymhopper.sandbox.stripe.wire.endpoints import Endpoint
from sandbox.stripe import openapi
from sandbox.stripe.harness import MONTHLY, Sandbox
from sandbox.stripe.payments import pay_in_every_way

JOINING_FEE = {"currency": "eur", "unit_amount": 1500, "product_data": {"name": "Joining fee"}}

EMITTED = {
    "balance_transaction",
    "billing_portal.configuration",
    "billing_portal.session",
    "charge",
    "checkout.session",
    "customer",
    "dispute",
    "event",
    "invoice",
    "invoice_payment",
    "payment_intent",
    "payment_method",
    "price",
    "product",
    "refund",
    "setup_intent",
    "subscription",
}


async def _live_through_everything(sandbox: Sandbox) -> None:
    """Make every kind of object, and change each in every way."""
    v1 = sandbox.client.v1
    customer = await v1.customers.create_async(
        {"email": "ada@example.com", "address": {"city": "Turin"}, "metadata": {"a": "b"}}
    )
    declined = await sandbox.session(customer=customer.id)
    await sandbox.pay(declined, "4000000000000002")
    kept = await sandbox.subscribe(
        customer=customer.id,
        line_items=[{"price_data": MONTHLY}, {"price_data": JOINING_FEE, "quantity": 2}],
        subscription_data={"metadata": {"membership": "m"}, "description": "Basic"},
        payment_method_types=["card"],
        locale="de",
    )
    setup = await sandbox.session(mode="setup", line_items=[], customer=customer.id)
    await sandbox.pay(setup)
    left = await sandbox.session()
    await v1.checkout.sessions.expire_async(left.id)
    paused = await sandbox.subscribe()
    await v1.subscriptions.update_async(
        paused.id, {"pause_collection": {"behavior": "void"}, "metadata": {"x": "y"}}
    )
    failing = await sandbox.subscribe()
    await sandbox.use_card(failing, "pm_card_chargeCustomerFail")
    ending = await sandbox.subscribe()
    await v1.subscriptions.update_async(
        ending.id,
        {"cancel_at_period_end": True, "cancellation_details": {"feedback": "too_expensive"}},
    )
    await pay_in_every_way(sandbox)
    sandbox.clock.advance(timedelta(days=70))
    await sandbox.bill()
    await v1.subscriptions.update_async(paused.id, {"pause_collection": ""})
    await v1.subscriptions.cancel_async(kept.id)
    charge = (await v1.charges.list_async({"customer": customer.id})).data[0]
    await v1.refunds.create_async({"charge": charge.id, "amount": 100, "metadata": {"why": "x"}})


async def _everything(sandbox: Sandbox) -> list[dict[str, Any]]:
    async with sandbox.runtime.database.transaction(SERVICE, read_only=True) as connection:
        rows = await connection.execute(text("SELECT body FROM sandbox_stripe.object"))
        return list(rows.scalars())


async def test_every_object_and_event_fits_the_description(sandbox: Sandbox) -> None:
    openapi.description()
    await _live_through_everything(sandbox)
    found = await _everything(sandbox)
    assert {each["object"] for each in found} == EMITTED
    seen = {problem for each in found for problem in openapi.problems(each)}
    events = [each for each in found if each["object"] == "event"]
    seen |= {
        f"{each['type']}: {problem}"
        for each in events
        for problem in openapi.problems(each["data"]["object"])
    }
    assert not seen
    assert {each["type"] for each in events} <= openapi.event_types()


async def test_what_is_shown_on_request_fits_the_description(sandbox: Sandbox) -> None:
    openapi.description()
    session = await sandbox.session()
    await sandbox.pay(session)
    paths = [
        "line_items",
        "customer.subscriptions",
        "subscription.default_payment_method",
        "invoice.payments",
        "invoice.default_payment_method",
    ]
    answer = await sandbox.browser.get(
        f"{sandbox.base}/v1/checkout/sessions/{session.id}",
        params={f"expand[{index}]": path for index, path in enumerate(paths)},
        headers={"Authorization": "Bearer sk_test_sandbox"},
    )
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["line_items"]["data"][0]["amount_total"] == 2990
    assert not list(openapi.problems(shown))


def _endpoints() -> list[Endpoint]:
    return [endpoint for family in FAMILIES for endpoint in family.endpoints.all]


def _described(endpoint: Endpoint) -> dict[str, Any]:
    """The description's operation, whose path has other names for its ids."""
    shape = _steps(endpoint.path)
    for path, operations in openapi.description()["paths"].items():
        if _steps(path) == shape and endpoint.method.lower() in operations:
            operation: dict[str, Any] = operations[endpoint.method.lower()]
            return operation
    raise AssertionError(f"Stripe has no {endpoint.method} {endpoint.path}")


def _steps(path: str) -> list[str]:
    return ["{}" if step.startswith("{") else step for step in path.split("/")]


def _unknown(model: type[BaseModel], schema: dict[str, Any], at: str) -> Iterator[str]:
    """The model's parameters, nested ones too, that the schema does not have."""
    for name, field in model.model_fields.items():
        inner = schema.get("properties", {}).get(name)
        if inner is None:
            yield f"{at}{name}"
            continue
        nested = _nested_model(field.annotation)
        if nested is not None:
            choices = [inner, *inner.get("anyOf", [])]
            options = [*choices, *(each.get("items", {}) for each in choices)]
            known = {key: each for option in options for key, each in _properties(option)}
            yield from _unknown(nested, {"properties": known}, f"{at}{name}.")


def _properties(schema: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    return schema.get("properties", {}).items()


def _nested_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _nested_model(inner)
        if found is not None:
            return found
    return None


@pytest.mark.parametrize("endpoint", _endpoints(), ids=lambda e: f"{e.method} {e.path}")
def test_endpoint_and_parameters_are_those_of_stripe(endpoint: Endpoint) -> None:
    operation = _described(endpoint)
    if endpoint.method == "GET":
        known = {each["name"]: each["schema"] for each in operation["parameters"]}
        schema = {"properties": known}
    else:
        content = operation["requestBody"]["content"]
        schema = next(iter(content.values()))["schema"]
    assert not list(_unknown(endpoint.parameters, schema, ""))


def test_the_version_is_the_one_that_the_library_pins() -> None:
    assert stripe.api_version == openapi.description()["info"]["version"]
