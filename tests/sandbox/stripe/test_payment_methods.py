"""Cards by token: whose they are, what is said about them, and how they are given up."""

from datetime import timedelta

import stripe

from sandbox.stripe.harness import Sandbox, refusal
from sandbox.stripe.payments import pay


async def _saved(sandbox: Sandbox, source: str = "tok_visa") -> tuple[str, stripe.PaymentMethod]:
    v1 = sandbox.client.v1
    made = await v1.payment_methods.create_async(
        {
            "type": "card",
            "card": {"token": source},
            "billing_details": {"name": "Ada", "address": {"city": "Turin"}},
            "metadata": {"a": "1"},
        }
    )
    assert made.customer is None
    customer = await v1.customers.create_async({})
    return customer.id, await v1.payment_methods.attach_async(made.id, {"customer": customer.id})


async def test_a_card_is_made_of_a_token_kept_changed_and_listed(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer, method = await _saved(sandbox, "tok_mastercard")
    assert method.card is not None
    assert (method.card.brand, method.billing_details.name) == ("mastercard", "Ada")
    assert method.billing_details.address is not None
    assert method.billing_details.address.city == "Turin"
    changed = await v1.payment_methods.update_async(
        method.id,
        {
            "billing_details": {"email": "ada@example.com"},
            "card": {"exp_month": 3, "exp_year": 2061},
            "metadata": {"b": "2"},
        },
    )
    assert (changed.billing_details.name, changed.billing_details.email) == (
        "Ada",
        "ada@example.com",
    )
    assert changed.card is not None
    assert (changed.card.exp_month, changed.card.exp_year) == (3, 2061)
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}
    second = await v1.payment_methods.attach_async("pm_card_visa", {"customer": customer})
    for listed in (
        await v1.payment_methods.list_async({"customer": customer, "type": "card"}),
        await v1.customers.payment_methods.list_async(customer),
    ):
        assert [each.id for each in listed.data] == [second.id, method.id]
    one = await v1.customers.payment_methods.retrieve_async(customer, method.id)
    assert one.id == method.id
    stranger = (await v1.customers.create_async({})).id
    error = await refusal(v1.customers.payment_methods.retrieve_async(stranger, method.id))
    assert (error.http_status, error.code) == (404, "resource_missing")


async def test_a_detached_card_pays_nothing_any_more(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer, method = await _saved(sandbox)
    await v1.customers.update_async(
        customer, {"invoice_settings": {"default_payment_method": method.id}}
    )
    await sandbox.deliver()
    gone = await v1.payment_methods.detach_async(method.id)
    assert gone.customer is None
    now = await v1.customers.retrieve_async(customer)
    assert now.invoice_settings is not None
    assert now.invoice_settings.default_payment_method is None
    events = await sandbox.deliver()
    assert [each["type"] for each in events] == ["customer.updated", "payment_method.detached"]
    assert events[1]["data"]["previous_attributes"] == {"customer": customer}
    for call in (
        pay(sandbox, method.id),
        v1.payment_methods.attach_async(method.id, {"customer": customer}),
    ):
        assert "may not be used again" in str(await refusal(call))
    again = await refusal(v1.payment_methods.detach_async(method.id))
    assert again.code == "payment_method_unexpected_state"
    assert not (await v1.charges.list_async()).data


async def test_a_card_of_nobody_cannot_be_changed(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    made = await v1.payment_methods.create_async({"type": "card", "card": {"token": "tok_visa"}})
    error = await refusal(v1.payment_methods.update_async(made.id, {"metadata": {"a": "b"}}))
    assert error.code == "payment_method_unexpected_state"


async def test_an_unknown_token_or_a_bare_number_is_refused(sandbox: Sandbox) -> None:
    create = sandbox.client.v1.payment_methods.create_async
    error = await refusal(create({"type": "card", "card": {"token": "tok_none"}}))
    assert (error.param, error.code) == ("card[token]", "resource_missing")
    error = await refusal(
        create({"type": "card", "card": {"number": "4242424242424242"}})  # type: ignore[typeddict-item] # what is refused
    )
    assert error.http_status == 400


async def test_a_renewal_charges_no_detached_card(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    subscription = await sandbox.subscribe()
    await v1.payment_methods.detach_async(str(subscription.default_payment_method))
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    charges = await v1.charges.list_async()
    assert [each.paid for each in charges.data] == [False, True]
    assert (await v1.subscriptions.retrieve_async(subscription.id)).status == "past_due"
