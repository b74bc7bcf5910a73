"""The hosted checkout for single payments, for saving a card, and with the bank's question."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import stripe

from sandbox.stripe.harness import MONTHLY, Sandbox, refusal

DAY_PASS = {"currency": "eur", "unit_amount": 1500, "product_data": {"name": "Day pass"}}
ASKING = "4000002760003184"


async def _buy(sandbox: Sandbox, **changes: Any) -> stripe.checkout.Session:
    return await sandbox.session(
        mode="payment", line_items=[{"price_data": DAY_PASS, "quantity": 2}], **changes
    )


async def _again(sandbox: Sandbox, session: stripe.checkout.Session, *paths: str) -> Any:
    return await sandbox.client.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": list(paths)}
    )


async def _answer(
    sandbox: Sandbox, asked: httpx.Response, outcome: str = "complete"
) -> httpx.Response:
    assert asked.status_code == 303
    url = asked.headers["location"]
    assert "/authenticate/" in url
    assert "Is it you?" in (await sandbox.browser.get(url)).text
    return await sandbox.browser.post(url, data={"outcome": outcome})


async def test_something_is_bought_once(sandbox: Sandbox) -> None:
    session = await _buy(
        sandbox, payment_intent_data={"metadata": {"claim": "c1"}, "description": "Day pass"}
    )
    assert (session.payment_status, session.customer_creation) == ("unpaid", "if_required")
    page = await sandbox.browser.get(str(session.url))
    for text in ("30.00 EUR", "Day pass", 'name="email"'):
        assert text in page.text
    assert (await sandbox.pay(session, email="ada@example.com")).status_code == 303
    done = await _again(sandbox, session, "payment_intent.latest_charge")
    assert (done.status, done.payment_status, done.customer) == ("complete", "paid", None)
    assert done.customer_details.email == "ada@example.com"
    intent = done.payment_intent
    assert (intent.amount_received, intent.metadata["claim"]) == (3000, "c1")
    assert intent.latest_charge.description == "Day pass"
    assert not (await sandbox.client.v1.customers.list_async()).data
    assert not (await sandbox.client.v1.invoices.list_async()).data


async def test_a_customer_is_made_where_one_is_wanted(sandbox: Sandbox) -> None:
    session = await _buy(
        sandbox,
        customer_creation="always",
        payment_intent_data={"setup_future_usage": "off_session"},
    )
    await sandbox.pay(session, email="ada@example.com")
    done = await _again(sandbox, session, "customer", "payment_intent.payment_method")
    assert done.customer.email == "ada@example.com"
    assert done.payment_intent.customer == done.customer.id
    assert done.payment_intent.payment_method.customer == done.customer.id


async def test_a_session_tells_its_items_page_by_page(sandbox: Sandbox) -> None:
    lines = [
        {"price_data": {**DAY_PASS, "unit_amount": amount}, "quantity": 1}
        for amount in (100, 200, 300)
    ]
    session = await sandbox.session(mode="payment", line_items=lines)
    items = sandbox.client.v1.checkout.sessions.line_items
    first = await items.list_async(session.id, {"limit": 2})
    assert [each.amount_total for each in first.data] == [100, 200]
    assert first.has_more
    amounts = [each.amount_total async for each in first.auto_paging_iter()]
    assert amounts == [100, 200, 300]
    error = await refusal(items.list_async("cs_test_none"))
    assert error.http_status == 404


@pytest.mark.parametrize("card", ["4000000000000002", "4000000000000069"])
async def test_all_cards_of_a_session_are_tried_by_one_intent(sandbox: Sandbox, card: str) -> None:
    session = await _buy(sandbox)
    assert (await sandbox.pay(session, card)).status_code == 402
    assert (await sandbox.pay(session)).status_code == 303
    intents = await sandbox.client.v1.payment_intents.list_async({})
    assert [each.status for each in intents.data] == ["succeeded"]
    charges = await sandbox.client.v1.charges.list_async()
    assert [each.paid for each in charges.data] == [True, False]


@pytest.mark.parametrize("mode", ["payment", "setup", "subscription"])
async def test_the_bank_asks_before_a_checkout_is_complete(sandbox: Sandbox, mode: str) -> None:
    line = {"price_data": MONTHLY if mode == "subscription" else DAY_PASS, "quantity": 1}
    lines = [] if mode == "setup" else [line]
    customer = await sandbox.client.v1.customers.create_async({})
    session = await sandbox.session(mode=mode, line_items=lines, customer=customer.id)
    asked = await sandbox.pay(session, ASKING)
    open_still = await _again(sandbox, session)
    assert (open_still.status, open_still.subscription) == ("open", None)
    answered = await _answer(sandbox, asked)
    assert answered.headers["location"] == f"http://127.0.0.1/paid?session={session.id}"
    done = await _again(sandbox, session)
    assert done.status == "complete"
    if mode == "subscription":
        started = await sandbox.client.v1.subscriptions.retrieve_async(done.subscription)
        assert started.status == "active"
    charges = await sandbox.client.v1.charges.list_async()
    assert len(charges.data) == (0 if mode == "setup" else 1)


async def test_a_free_subscription_asks_for_the_right_to_charge_later(sandbox: Sandbox) -> None:
    free = {"price_data": {**MONTHLY, "unit_amount": 0}, "quantity": 1}
    session = await sandbox.session(line_items=[free])
    await _answer(sandbox, await sandbox.pay(session, ASKING))
    done = await _again(sandbox, session, "subscription")
    assert done.subscription.status == "active"
    assert not (await sandbox.client.v1.charges.list_async()).data


async def test_who_fails_to_authenticate_may_try_another_card(sandbox: Sandbox) -> None:
    session = await _buy(sandbox)
    answered = await _answer(sandbox, await sandbox.pay(session, ASKING), "fail")
    assert answered.headers["location"] == session.url
    page = await sandbox.browser.get(str(session.url))
    assert "could not confirm that it is you" in page.text
    assert (await sandbox.pay(session)).status_code == 303
    charges = await sandbox.client.v1.charges.list_async()
    assert [each.paid for each in charges.data] == [True]


async def test_a_card_declined_after_the_question_leaves_the_page_open(sandbox: Sandbox) -> None:
    session = await sandbox.session()
    answered = await _answer(sandbox, await sandbox.pay(session, "4000008260003178"))
    page = await sandbox.browser.get(answered.headers["location"])
    assert "Your card has insufficient funds." in page.text
    assert (await _again(sandbox, session)).status == "open"
    assert not (await sandbox.client.v1.customers.list_async()).data


async def test_a_question_answered_after_another_card_paid_charges_nothing(
    sandbox: Sandbox,
) -> None:
    session = await _buy(sandbox)
    asked = await sandbox.pay(session, ASKING)
    assert (await sandbox.pay(session)).status_code == 303
    late = await sandbox.browser.post(asked.headers["location"], data={"outcome": "complete"})
    assert late.headers["location"] == f"http://127.0.0.1/paid?session={session.id}"
    assert len((await sandbox.client.v1.charges.list_async()).data) == 1


async def test_a_question_answered_after_the_session_ran_out_charges_nothing(
    sandbox: Sandbox,
) -> None:
    session = await _buy(sandbox)
    asked = await sandbox.pay(session, ASKING)
    sandbox.clock.advance(timedelta(hours=24))
    await sandbox.bill()
    await sandbox.browser.post(asked.headers["location"], data={"outcome": "complete"})
    done = await _again(sandbox, session)
    assert (done.status, done.payment_status) == ("expired", "unpaid")
    assert not (await sandbox.client.v1.charges.list_async()).data
    intents = await sandbox.client.v1.payment_intents.list_async({})
    assert [each.status for each in intents.data] == ["canceled"]


async def test_a_question_answered_late_but_before_the_clock_came_by_charges_nothing(
    sandbox: Sandbox,
) -> None:
    session = await _buy(sandbox)
    asked = await sandbox.pay(session, ASKING)
    sandbox.clock.advance(timedelta(hours=24))
    await sandbox.browser.post(asked.headers["location"], data={"outcome": "complete"})
    assert not (await sandbox.client.v1.charges.list_async()).data


async def test_a_sessions_intent_is_left_to_its_page(sandbox: Sandbox) -> None:
    session = await _buy(sandbox)
    await sandbox.pay(session, ASKING)
    intent = (await sandbox.client.v1.payment_intents.list_async({})).data[0]
    intents = sandbox.client.v1.payment_intents
    for call in (
        intents.cancel_async(intent.id),
        intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"}),
    ):
        assert (await refusal(call)).code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"line_items": [{"price_data": MONTHLY, "quantity": 1}]}, "line_items"),
        (
            {"line_items": [{"price_data": {**DAY_PASS, "unit_amount": 49}, "quantity": 1}]},
            "line_items",
        ),
        ({"subscription_data": {"description": "x"}}, "subscription_data"),
        ({"customer_creation": "always", "customer": "CUSTOMER"}, "customer_creation"),
    ],
)
async def test_what_cannot_be_paid_once_is_refused(
    sandbox: Sandbox, changes: Any, param: str
) -> None:
    customer = await sandbox.client.v1.customers.create_async({})
    given = {"line_items": [{"price_data": DAY_PASS, "quantity": 1}], **changes}
    if "customer" in given:
        given["customer"] = customer.id
    error = await refusal(sandbox.session(mode="payment", **given))
    assert error.param == param
