"""A renewal whose card asks for its holder waits for them, and for nobody else."""

from datetime import timedelta

import pytest
import stripe

from sandbox.stripe.harness import Sandbox, authenticate, refusal

ASKS_ALWAYS = "pm_card_authenticationRequired"


async def _waiting(sandbox: Sandbox) -> tuple[stripe.Subscription, str, stripe.PaymentIntent]:
    """A subscription whose second invoice waits for the bank's question to be answered."""
    v1 = sandbox.client.v1
    subscription = await sandbox.subscribe()
    await sandbox.use_card(subscription, ASKS_ALWAYS)
    await sandbox.deliver()
    end = subscription["items"].data[0].current_period_end
    sandbox.clock.advance(timedelta(seconds=end - sandbox.clock.now().timestamp()))
    await sandbox.bill()
    now = await v1.subscriptions.retrieve_async(
        subscription.id, {"expand": ["latest_invoice.payments"]}
    )
    invoice = now.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert invoice.payments is not None
    key = str(invoice.payments.data[0].payment.payment_intent)
    return now, invoice.id, await v1.payment_intents.retrieve_async(key)


async def test_a_renewal_waits_until_its_holder_has_authenticated(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    subscription, invoice, asked = await _waiting(sandbox)
    assert (subscription.status, asked.status) == ("past_due", "requires_action")
    types = [each["type"] for each in await sandbox.deliver()]
    assert {"invoice.payment_action_required", "invoice.payment_failed"} <= set(types)
    assert "charge.succeeded" not in types
    await authenticate(sandbox, asked)
    paid = await v1.invoices.retrieve_async(invoice)
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    assert (await v1.subscriptions.retrieve_async(subscription.id)).status == "active"
    assert (await v1.payment_intents.retrieve_async(asked.id)).status == "succeeded"


async def test_paying_an_invoice_tells_that_its_holder_is_wanted(sandbox: Sandbox) -> None:
    subscription, invoice, asked = await _waiting(sandbox)
    error = await refusal(sandbox.client.v1.invoices.pay_async(invoice, {"off_session": False}))
    assert isinstance(error, stripe.CardError)
    assert error.code == "invoice_payment_intent_requires_action"
    assert error.error is not None
    assert error.error.payment_intent.id == asked.id
    now = await sandbox.client.v1.subscriptions.retrieve_async(subscription.id)
    assert now.status == "past_due"


async def test_an_invoices_intent_takes_another_card(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    subscription, invoice, asked = await _waiting(sandbox)
    method = await v1.payment_methods.attach_async(
        "pm_card_visa", {"customer": str(subscription.customer)}
    )
    paid = await v1.payment_intents.confirm_async(asked.id, {"payment_method": method.id})
    assert paid.status == "succeeded"
    assert (await v1.invoices.retrieve_async(invoice)).status == "paid"
    again = await authenticate(sandbox, asked)
    assert "This has been paid." in again.text
    charges = await v1.charges.list_async({"payment_intent": asked.id})
    assert [each.paid for each in charges.data] == [True]


@pytest.mark.parametrize("outcome", ["complete", "fail"])
async def test_what_is_not_wanted_any_more_is_not_charged(sandbox: Sandbox, outcome: str) -> None:
    v1 = sandbox.client.v1
    subscription, invoice, asked = await _waiting(sandbox)
    other = await v1.payment_methods.attach_async(
        "pm_card_visa", {"customer": str(subscription.customer)}
    )
    await v1.invoices.pay_async(invoice, {"payment_method": other.id})
    await authenticate(sandbox, asked, outcome)
    charges = await v1.charges.list_async({"customer": str(subscription.customer)})
    assert [each.paid for each in charges.data] == [True, True]
    assert (await v1.invoices.retrieve_async(invoice)).status == "paid"


async def test_an_invoices_intent_is_not_canceled_alone(sandbox: Sandbox) -> None:
    _, _, asked = await _waiting(sandbox)
    error = await refusal(sandbox.client.v1.payment_intents.cancel_async(asked.id))
    assert error.code == "payment_intent_unexpected_state"
