"""A customer goes through the hosted checkout."""

import asyncio
from datetime import timedelta

import pytest
import stripe

from sandbox.stripe.harness import MONTHLY, Sandbox, refusal


async def test_a_customer_pays_on_the_page_and_is_subscribed(sandbox: Sandbox) -> None:
    session = await sandbox.session(subscription_data={"metadata": {"membership": "m1"}})
    assert session.url == f"{sandbox.base}/checkout/{session.id}"
    page = await sandbox.browser.get(session.url)
    assert page.status_code == 200
    for text in ("4242 4242 4242 4242", "29.90 EUR", "every month", "Basic", "Sandbox"):
        assert text in page.text
    paid = await sandbox.pay(session, email="ada@example.com")
    assert paid.status_code == 303
    assert paid.headers["location"] == f"http://127.0.0.1/paid?session={session.id}"
    done = await sandbox.client.v1.checkout.sessions.retrieve_async(session.id)
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    subscription = await sandbox.client.v1.subscriptions.retrieve_async(
        str(done.subscription), {"expand": ["latest_invoice.payments", "customer"]}
    )
    assert subscription.status == "active"
    assert subscription.metadata["membership"] == "m1"
    item = subscription["items"].data[0]
    assert item.current_period_start == int(sandbox.clock.now().timestamp())
    assert isinstance(subscription.customer, stripe.Customer)
    assert subscription.customer.email == "ada@example.com"
    invoice = subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (invoice.status, invoice.amount_paid, invoice.amount_remaining) == ("paid", 2990, 0)
    assert invoice.billing_reason == "subscription_create"
    assert invoice.parent is not None
    assert invoice.parent.subscription_details is not None
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert invoice.payments is not None
    assert [each.status for each in invoice.payments.data] == ["paid"]


async def test_a_known_customer_pays_as_that_customer(sandbox: Sandbox) -> None:
    customer = await sandbox.client.v1.customers.create_async({"email": "ada@example.com"})
    session = await sandbox.session(customer=customer.id)
    page = await sandbox.browser.get(str(session.url))
    assert "ada@example.com" in page.text
    assert 'name="email"' not in page.text
    await sandbox.pay(session)
    done = await sandbox.client.v1.checkout.sessions.retrieve_async(session.id)
    assert done.customer == customer.id
    assert done.customer_details is not None
    assert done.customer_details.email == "ada@example.com"
    assert len((await sandbox.client.v1.customers.list_async()).data) == 1


async def test_events_of_one_payment_arrive_in_a_realistic_order(sandbox: Sandbox) -> None:
    await sandbox.subscribe(customer_email="ada@example.com")
    types = [event["type"] for event in await sandbox.deliver()]
    assert [each for each in types if not each.startswith(("product.", "price."))] == [
        "customer.created",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "payment_method.attached",
        "invoice.created",
        "invoice.finalized",
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.created",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("4000000000000002", "Your card was declined."),
        ("4000 0000 0000 9995", "insufficient funds"),
        ("4111111111111111", "none of the test cards"),
        ("", "none of the test cards"),
    ],
)
async def test_a_refused_card_leaves_the_page_open_for_another(
    sandbox: Sandbox, card: str, reason: str
) -> None:
    session = await sandbox.session()
    refused = await sandbox.pay(session, card)
    assert refused.status_code == 402
    assert reason in refused.text
    still = await sandbox.client.v1.checkout.sessions.retrieve_async(session.id)
    assert (still.status, still.subscription) == ("open", None)
    assert (await sandbox.pay(session)).status_code == 303
    subscriptions = await sandbox.client.v1.subscriptions.list_async({"status": "all"})
    assert len(subscriptions.data) == 1


async def test_a_decline_leaves_a_failed_charge_and_no_subscription(sandbox: Sandbox) -> None:
    customer = await sandbox.client.v1.customers.create_async({})
    session = await sandbox.session(customer=customer.id)
    await sandbox.pay(session, "4000000000000002")
    charge = (await sandbox.client.v1.charges.list_async({"customer": customer.id})).data[0]
    assert (charge.status, charge.failure_code, charge.paid) == ("failed", "card_declined", False)
    types = {event["type"] for event in await sandbox.deliver()}
    assert {"charge.failed", "payment_intent.payment_failed"} <= types
    assert "customer.subscription.created" not in types


async def test_a_button_pressed_many_times_pays_once(sandbox: Sandbox) -> None:
    session = await sandbox.session()
    answers = await asyncio.gather(*(sandbox.pay(session) for _ in range(6)))
    assert {each.status_code for each in answers} == {303}
    assert len({each.headers["location"] for each in answers}) == 1
    charges = await sandbox.client.v1.charges.list_async()
    assert len(charges.data) == 1


async def test_a_session_runs_out_with_the_clock(sandbox: Sandbox) -> None:
    session = await sandbox.session()
    sandbox.clock.advance(timedelta(hours=24))
    assert (await sandbox.pay(session)).status_code == 410
    await sandbox.bill()
    gone = await sandbox.client.v1.checkout.sessions.retrieve_async(session.id)
    assert (gone.status, gone.url) == ("expired", None)
    assert "checkout.session.expired" in [each["type"] for each in await sandbox.deliver()]


async def test_an_expired_session_cannot_be_paid(sandbox: Sandbox) -> None:
    session = await sandbox.session()
    await sandbox.client.v1.checkout.sessions.expire_async(session.id)
    assert (await sandbox.pay(session)).status_code == 410
    error = await refusal(sandbox.client.v1.checkout.sessions.expire_async(session.id))
    assert error.http_status == 400


async def test_a_joining_fee_is_on_the_first_invoice_only(sandbox: Sandbox) -> None:
    fee = {"currency": "eur", "unit_amount": 1500, "product_data": {"name": "Joining fee"}}
    subscription = await sandbox.subscribe(
        line_items=[{"price_data": fee}, {"price_data": MONTHLY}]
    )
    assert len(subscription["items"].data) == 1
    sandbox.clock.advance(timedelta(days=40))
    await sandbox.bill()
    invoices = await sandbox.client.v1.invoices.list_async({"subscription": subscription.id})
    assert [each.total for each in invoices.data] == [2990, 4490]


async def test_a_saved_price_can_be_sold_again_and_again(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    product = await v1.products.create_async({"name": "Pro"})
    price = await v1.prices.create_async(
        {
            "product": product.id,
            "currency": "JPY",
            "unit_amount": 5000,
            "recurring": {"interval": "week", "interval_count": 4},
            "lookup_key": "pro",
        }
    )
    lines = [{"price": price.id, "quantity": 2}]
    first, second = [await sandbox.subscribe(line_items=lines) for _ in range(2)]
    assert first["items"].data[0].price.id == second["items"].data[0].price.id == price.id
    listed = await v1.prices.list_async({"lookup_keys": ["pro"], "active": True})
    assert [each.id for each in listed.data] == [price.id]
    invoice = await v1.invoices.retrieve_async(str(first.latest_invoice))
    assert (invoice.total, invoice.currency) == (10000, "jpy")
    page = await sandbox.browser.get(str((await sandbox.session(line_items=lines)).url))
    assert "10000 JPY" in page.text
    assert "every 4 weeks" in page.text


async def test_a_setup_session_saves_a_card_and_charges_nothing(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    subscription = await sandbox.subscribe()
    session = await sandbox.session(
        mode="setup",
        customer=subscription.customer,
        line_items=[],
        setup_intent_data={"metadata": {"for": subscription.id}},
    )
    assert "Save a card" in (await sandbox.browser.get(str(session.url))).text
    assert (await sandbox.pay(session, "4000000000000002")).status_code == 402
    assert (await sandbox.pay(session, "5555555555554444")).status_code == 303
    done = await v1.checkout.sessions.retrieve_async(session.id, {"expand": ["setup_intent"]})
    intent = done.setup_intent
    assert isinstance(intent, stripe.SetupIntent)
    assert intent.metadata is not None
    assert (intent.status, intent.metadata["for"]) == ("succeeded", subscription.id)
    method = await v1.payment_methods.retrieve_async(str(intent.payment_method))
    assert method.customer == subscription.customer
    assert method.card is not None
    assert (method.card.brand, method.card.last4) == ("mastercard", "4444")
    assert len((await v1.charges.list_async()).data) == 1


async def test_a_free_subscription_takes_no_money(sandbox: Sandbox) -> None:
    free = {**MONTHLY, "unit_amount": 0}
    subscription = await sandbox.subscribe(line_items=[{"price_data": free}])
    invoice = await sandbox.client.v1.invoices.retrieve_async(str(subscription.latest_invoice))
    assert (invoice.status, invoice.amount_due) == ("paid", 0)
    sandbox.clock.advance(timedelta(days=40))
    await sandbox.bill()
    assert len((await sandbox.client.v1.charges.list_async()).data) == 0
    invoices = await sandbox.client.v1.invoices.list_async({"subscription": subscription.id})
    assert [each.status for each in invoices.data] == ["paid", "paid"]


async def test_what_a_page_shows_is_escaped(sandbox: Sandbox) -> None:
    evil = {**MONTHLY, "product_data": {"name": "<script>alert(1)</script>"}}
    session = await sandbox.session(line_items=[{"price_data": evil}])
    page = await sandbox.browser.get(str(session.url))
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert (await sandbox.pay(session, '"><script>')).text.count("<script>") == 0


async def test_an_unknown_page_is_not_found(sandbox: Sandbox) -> None:
    for key in ("cs_test_none", "%00", "%F0%9F%92%A5"):
        answer = await sandbox.browser.get(f"{sandbox.base}/checkout/{key}")
        assert answer.status_code == 404
        answer = await sandbox.browser.post(f"{sandbox.base}/checkout/{key}", data={"card": "1"})
        assert answer.status_code == 404


async def test_a_broken_form_is_refused(sandbox: Sandbox) -> None:
    session = await sandbox.session()
    for form in (b"card=%ff", b"<script>]=x"):
        answer = await sandbox.browser.post(str(session.url), content=form)
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("text/plain")
