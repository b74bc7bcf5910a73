"""How the API answers: errors, idempotency, expansion, pages; as Stripe's library sees it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import stripe

from sandbox.stripe.harness import MONTHLY, Sandbox, refusal


async def test_a_customer_is_kept_changed_and_found(sandbox: Sandbox) -> None:
    customers = sandbox.client.v1.customers
    made = await customers.create_async(
        {"email": "ada@example.com", "name": "Ada \u2603", "metadata": {"a": "1", "b": "2"}}
    )
    await customers.create_async({"email": "bob@example.com"})
    changed = await customers.update_async(
        made.id, {"name": "", "phone": "+39 1", "metadata": {"a": "", "c": "3"}}
    )
    assert (changed.name, changed.phone, changed.email) == (None, "+39 1", "ada@example.com")
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert (await customers.retrieve_async(made.id)).to_dict() == changed.to_dict()
    cleared = await customers.update_async(made.id, {"metadata": ""})
    assert cleared.metadata is not None
    assert cleared.metadata.to_dict() == {}
    listed = await customers.list_async({"email": "ada@example.com"})
    assert [each.id for each in listed.data] == [made.id]
    events = [each for each in await sandbox.deliver() if each["type"] == "customer.updated"]
    assert events[0]["data"]["previous_attributes"] == {
        "name": "Ada \u2603",
        "phone": None,
        "metadata": {"a": "1", "c": None},
    }


async def test_a_change_that_changes_nothing_makes_no_event(sandbox: Sandbox) -> None:
    made = await sandbox.client.v1.customers.create_async({"name": "Ada"})
    await sandbox.client.v1.customers.update_async(made.id, {"name": "Ada"})
    assert [each["type"] for each in await sandbox.deliver()] == ["customer.created"]


async def test_pages_follow_one_another_without_gap_or_overlap(sandbox: Sandbox) -> None:
    customers = sandbox.client.v1.customers
    made = [(await customers.create_async({"name": str(n)})).id for n in range(7)]
    first = await customers.list_async({"limit": 3})
    assert first.has_more
    assert [each.id async for each in first.auto_paging_iter()] == made[::-1]
    backwards = await customers.list_async({"limit": 3, "ending_before": made[0]})
    assert [each.id for each in backwards.data] == made[3:0:-1]
    assert [each.id async for each in backwards.auto_paging_iter()] == made[1:]


async def test_lists_can_be_cut_by_time(sandbox: Sandbox) -> None:
    made = await sandbox.client.v1.customers.create_async({})
    later = {"created": {"gt": made.created}}
    assert not (await sandbox.client.v1.customers.list_async(later)).data  # type: ignore[arg-type] # the library's type wants a literal
    at = await sandbox.client.v1.customers.list_async({"created": made.created})
    assert [each.id for each in at.data] == [made.id]


async def test_events_can_be_asked_for_again(sandbox: Sandbox) -> None:
    made = await sandbox.client.v1.customers.create_async({}, {"idempotency_key": "account-1"})
    events = await sandbox.client.v1.events.list_async({"types": ["customer.created"]})
    assert [each.data.object["id"] for each in events.data] == [made.id]
    assert not (await sandbox.client.v1.events.list_async({"type": "invoice.paid"})).data
    event = await sandbox.client.v1.events.retrieve_async(events.data[0].id)
    assert event.pending_webhooks == 1
    request = event.to_dict()["request"]
    assert request["idempotency_key"] == "account-1"
    assert made.last_response is not None
    assert made.last_response.headers is not None
    assert request["id"] == made.last_response.headers["request-id"]
    await sandbox.deliver()
    assert (await sandbox.client.v1.events.retrieve_async(event.id)).pending_webhooks == 0


class TestIdempotency:
    async def test_the_same_request_gets_the_same_answer(self, sandbox: Sandbox) -> None:
        create = sandbox.client.v1.customers.create_async
        first = await create({"name": "Ada"}, {"idempotency_key": "k"})
        again = await create({"name": "Ada"}, {"idempotency_key": "k"})
        assert first.id == again.id
        assert again.last_response is not None
        assert again.last_response.headers is not None
        assert again.last_response.headers["idempotent-replayed"] == "true"

    async def test_another_request_under_the_key_is_refused(self, sandbox: Sandbox) -> None:
        create = sandbox.client.v1.customers.create_async
        await create({"name": "Ada"}, {"idempotency_key": "k"})
        error = await refusal(create({"name": "Bob"}, {"idempotency_key": "k"}))
        assert isinstance(error, stripe.IdempotencyError)
        assert error.http_status == 400
        assert len((await sandbox.client.v1.customers.list_async()).data) == 1

    async def test_requests_at_the_same_time_happen_once(self, sandbox: Sandbox) -> None:
        create = sandbox.client.v1.customers.create_async
        made = await asyncio.gather(
            *(create({"name": "Ada"}, {"idempotency_key": "k"}) for _ in range(8))
        )
        assert len({each.id for each in made}) == 1
        assert len((await sandbox.client.v1.customers.list_async()).data) == 1

    async def test_a_decline_is_replayed_and_not_tried_again(self, sandbox: Sandbox) -> None:
        customer = await sandbox.client.v1.customers.create_async({})
        attach = sandbox.client.v1.payment_methods.attach_async
        errors = [
            await refusal(
                attach(
                    "pm_card_visa_chargeDeclined",
                    {"customer": customer.id},
                    {"idempotency_key": "k"},
                )
            )
            for _ in range(2)
        ]
        assert [each.code for each in errors] == ["card_declined"] * 2
        assert errors[1].headers is not None
        assert errors[1].headers["idempotent-replayed"] == "true"

    async def test_a_refused_request_can_be_mended_under_its_key(self, sandbox: Sandbox) -> None:
        expire = sandbox.client.v1.checkout.sessions.expire_async
        await refusal(expire("cs_test_none", {}, {"idempotency_key": "k"}))
        session = await sandbox.session()
        assert (await expire(session.id, {}, {"idempotency_key": "k"})).status == "expired"

    async def test_a_key_is_forgotten_after_a_day(self, sandbox: Sandbox) -> None:
        create = sandbox.client.v1.customers.create_async
        first = await create({"name": "Ada"}, {"idempotency_key": "k"})
        sandbox.clock.advance(timedelta(hours=24))
        second = await create({"name": "Bob"}, {"idempotency_key": "k"})
        assert first.id != second.id


class TestExpansion:
    async def test_ids_become_objects_as_deep_as_asked(self, sandbox: Sandbox) -> None:
        subscription = await sandbox.subscribe()
        shown = await sandbox.client.v1.subscriptions.retrieve_async(
            subscription.id,
            {"expand": ["latest_invoice.customer", "items.data.price.product"]},
        )
        invoice = shown.latest_invoice
        assert isinstance(invoice, stripe.Invoice)
        assert isinstance(invoice.customer, stripe.Customer)
        product = shown["items"].data[0].price.product
        assert isinstance(product, stripe.Product)
        assert product.name == "Basic"

    async def test_lists_are_expanded_through_data(self, sandbox: Sandbox) -> None:
        await sandbox.subscribe()
        listed = await sandbox.client.v1.invoices.list_async({"expand": ["data.payments"]})
        payments = listed.data[0].payments
        assert payments is not None
        assert payments.data[0].amount_paid == 2990

    @pytest.mark.parametrize("path", ["status", "latest_invoice.colour", "items.data.id", "a." * 9])
    async def test_what_is_no_reference_cannot_be_expanded(
        self, sandbox: Sandbox, path: str
    ) -> None:
        subscription = await sandbox.subscribe()
        error = await refusal(
            sandbox.client.v1.subscriptions.retrieve_async(subscription.id, {"expand": [path]})
        )
        assert error.http_status == 400


class TestPaymentMethods:
    async def test_a_token_becomes_a_card_of_the_customer(self, sandbox: Sandbox) -> None:
        v1 = sandbox.client.v1
        customer = await v1.customers.create_async({"payment_method": "pm_card_visa"})
        method = await v1.payment_methods.attach_async(
            "pm_card_mastercard", {"customer": customer.id}
        )
        assert method.id != "pm_card_mastercard"
        assert method.card is not None
        assert method.card.last4 == "4444"
        changed = await v1.customers.update_async(
            customer.id, {"invoice_settings": {"default_payment_method": method.id}}
        )
        assert changed.invoice_settings is not None
        assert changed.invoice_settings.default_payment_method == method.id
        token = await v1.payment_methods.retrieve_async("pm_card_visa")
        assert token.customer is None

    async def test_somebody_elses_card_is_refused(self, sandbox: Sandbox) -> None:
        v1 = sandbox.client.v1
        subscription = await sandbox.subscribe()
        other = await v1.customers.create_async({})
        method = await v1.payment_methods.attach_async("pm_card_visa", {"customer": other.id})
        changes: list[Any] = [
            v1.subscriptions.update_async(subscription.id, {"default_payment_method": method.id}),
            v1.payment_methods.attach_async(method.id, {"customer": str(subscription.customer)}),
            v1.customers.update_async(
                str(subscription.customer),
                {"invoice_settings": {"default_payment_method": method.id}},
            ),
            v1.invoices.pay_async(str(subscription.latest_invoice), {"payment_method": method.id}),
        ]
        for change in changes:
            assert (await refusal(change)).http_status == 400

    async def test_a_declining_card_cannot_be_attached(self, sandbox: Sandbox) -> None:
        customer = await sandbox.client.v1.customers.create_async({})
        error = await refusal(
            sandbox.client.v1.payment_methods.attach_async(
                "pm_card_visa_chargeDeclinedInsufficientFunds", {"customer": customer.id}
            )
        )
        assert isinstance(error, stripe.CardError)
        assert error.http_status == 402
        assert error.json_body["error"]["decline_code"] == "insufficient_funds"


async def test_prices_of_different_intervals_do_not_make_one_subscription(
    sandbox: Sandbox,
) -> None:
    yearly = {**MONTHLY, "recurring": {"interval": "year"}}
    dollars = {**MONTHLY, "currency": "usd"}
    once = {key: value for key, value in MONTHLY.items() if key != "recurring"}
    for lines in ([MONTHLY, yearly], [MONTHLY, dollars], [once]):
        error = await refusal(sandbox.session(line_items=[{"price_data": each} for each in lines]))
        assert error.http_status == 400
    # Nothing of a refused session is left behind.
    assert not (await sandbox.client.v1.products.list_async()).data
