"""A payment intent, from its creation to the money, the refusal or the bank's question."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

from gymhopper.sandbox.stripe.cards import TEST_CARDS
from sandbox.stripe.harness import Sandbox, authenticate, refusal

ONCE = {
    "amount": 1990,
    "currency": "eur",
    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
}
BACK = "https://gym.example/back?from=bank"
REDIRECTED = {"automatic_payment_methods": {"enabled": True}, "return_url": BACK}
ALWAYS_ASKS = "pm_card_authenticationRequired"
ASKS_UNLESS_SET_UP = "pm_card_authenticationRequiredOnSetup"


async def _pay(sandbox: Sandbox, **changes: Any) -> Any:
    return await sandbox.client.v1.payment_intents.create_async(
        {**ONCE, "confirm": True, **changes}  # type: ignore[typeddict-item] # tests vary the parameters freely
    )


async def _customer_with(sandbox: Sandbox, card: str) -> tuple[str, str]:
    v1 = sandbox.client.v1
    customer = await v1.customers.create_async({"payment_method": card})
    methods = await v1.customers.payment_methods.list_async(customer.id)
    return customer.id, methods.data[0].id


async def test_a_customer_is_charged_while_they_are_away(sandbox: Sandbox) -> None:
    customer, card = await _customer_with(sandbox, "pm_card_visa")
    paid = await _pay(
        sandbox,
        customer=customer,
        payment_method=card,
        off_session=True,
        description="Late cancel",
        metadata={"claim": "c1"},
        expand=["latest_charge"],
    )
    assert (paid.status, paid.amount_received) == ("succeeded", 1990)
    charge = paid.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.paid, charge.customer, charge.description) == (True, customer, "Late cancel")
    assert charge.metadata["claim"] == "c1"
    types = [each["type"] for each in await sandbox.deliver()]
    assert types[-3:] == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


async def test_an_intent_goes_through_its_states_one_by_one(sandbox: Sandbox) -> None:
    intents = sandbox.client.v1.payment_intents
    bare = await intents.create_async(ONCE)  # type: ignore[arg-type] # a plain dict
    assert bare.status == "requires_payment_method"
    error = await refusal(intents.confirm_async(bare.id))
    assert error.code == "payment_intent_unexpected_state"
    ready = await intents.create_async({**ONCE, "payment_method": "pm_card_visa"})  # type: ignore[typeddict-item] # a plain dict
    assert ready.status == "requires_confirmation"
    assert (await intents.confirm_async(ready.id)).status == "succeeded"
    for again in (intents.confirm_async(ready.id), intents.cancel_async(ready.id)):
        error = await refusal(again)
        assert error.code == "payment_intent_unexpected_state"
    given_up = await intents.cancel_async(bare.id, {"cancellation_reason": "abandoned"})
    assert (given_up.status, given_up.cancellation_reason) == ("canceled", "abandoned")
    assert given_up.canceled_at is not None
    listed = await intents.list_async({})
    assert [each.id for each in listed.data] == [ready.id, bare.id]
    assert "payment_intent.canceled" in [each["type"] for each in await sandbox.deliver()]


DECLINING = [each for each in TEST_CARDS if each.saved is not None]


@pytest.mark.parametrize("card", DECLINING, ids=lambda card: card.number)
async def test_every_declining_card_says_why(sandbox: Sandbox, card: Any) -> None:
    error = await refusal(_pay(sandbox, payment_method=card.token))
    assert isinstance(error, stripe.CardError)
    assert (error.http_status, error.code) == (402, card.saved.code)
    told = error.error
    assert told is not None
    assert told.decline_code == card.saved.decline_code
    assert told.payment_intent is not None
    assert told.payment_intent.status == "requires_payment_method"
    problem = told.payment_intent.last_payment_error
    assert problem is not None
    assert (problem.code, problem.decline_code) == (card.saved.code, card.saved.decline_code)
    charge = await sandbox.client.v1.charges.retrieve_async(str(told.charge))
    assert (charge.status, charge.failure_code) == ("failed", card.saved.code)
    assert charge.outcome is not None
    assert charge.outcome.reason == card.saved.decline_code


async def test_another_card_pays_after_a_decline(sandbox: Sandbox) -> None:
    intents = sandbox.client.v1.payment_intents
    error = await refusal(_pay(sandbox, payment_method="pm_card_visa_chargeDeclined"))
    assert error.error is not None
    key = error.error.payment_intent.id
    paid = await intents.confirm_async(key, {"payment_method": "pm_card_mastercard"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    charges = await sandbox.client.v1.charges.list_async({"payment_intent": key})
    assert [each.paid for each in charges.data] == [True, False]


async def test_the_banks_question_is_answered_on_its_page(sandbox: Sandbox) -> None:
    asked = await _pay(sandbox, payment_method=ALWAYS_ASKS, **REDIRECTED)
    assert (asked.status, asked.latest_charge) == ("requires_action", None)
    assert asked.next_action is not None
    assert asked.next_action.type == "redirect_to_url"
    assert asked.next_action.redirect_to_url is not None
    page = await sandbox.browser.get(str(asked.next_action.redirect_to_url.url))
    assert page.status_code == 200
    for text in ("19.90 EUR", "ending in 3184", "Complete authentication"):
        assert text in page.text
    answered = await authenticate(sandbox, asked)
    assert answered.status_code == 303
    back = urlsplit(answered.headers["location"])
    assert (back.netloc, back.path) == ("gym.example", "/back")
    assert parse_qs(back.query) == {
        "from": ["bank"],
        "payment_intent": [asked.id],
        "payment_intent_client_secret": [str(asked.client_secret)],
        "redirect_status": ["succeeded"],
    }
    paid = await sandbox.client.v1.payment_intents.retrieve_async(
        asked.id, {"expand": ["latest_charge"]}
    )
    assert (paid.status, paid.next_action) == ("succeeded", None)
    assert isinstance(paid.latest_charge, stripe.Charge)
    details = paid.latest_charge.payment_method_details
    assert details is not None
    assert details.card is not None
    assert details.card.three_d_secure is not None
    assert details.card.three_d_secure.result == "authenticated"
    types = [each["type"] for each in await sandbox.deliver()]
    assert types == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


async def test_an_answer_given_twice_pays_once(sandbox: Sandbox) -> None:
    asked = await _pay(sandbox, payment_method=ALWAYS_ASKS)
    for _ in range(2):
        assert "This has been paid." in (await authenticate(sandbox, asked)).text
    assert len((await sandbox.client.v1.charges.list_async()).data) == 1


async def test_who_fails_to_authenticate_is_not_charged(sandbox: Sandbox) -> None:
    asked = await _pay(sandbox, payment_method=ALWAYS_ASKS, **REDIRECTED)
    answered = await authenticate(sandbox, asked, "fail")
    assert "redirect_status=failed" in answered.headers["location"]
    intents = sandbox.client.v1.payment_intents
    failed = await intents.retrieve_async(asked.id)
    assert (failed.status, failed.payment_method) == ("requires_payment_method", None)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert not (await sandbox.client.v1.charges.list_async()).data
    # The same customer may try once more.
    again = await intents.confirm_async(
        asked.id, {"payment_method": "pm_card_visa", "return_url": BACK}
    )
    assert again.status == "succeeded"


@pytest.mark.parametrize(
    ("card", "decline_code"),
    [
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_threeDSecureRequiredChargeDeclined", "generic_decline"),
    ],
)
async def test_a_card_may_be_declined_after_its_holder_authenticated(
    sandbox: Sandbox, card: str, decline_code: str
) -> None:
    asked = await _pay(sandbox, payment_method=card)
    assert asked.status == "requires_action"
    assert "Nothing was charged" in (await authenticate(sandbox, asked)).text
    failed = await sandbox.client.v1.payment_intents.retrieve_async(asked.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.decline_code == decline_code


async def test_a_question_to_somebody_who_is_away_is_a_decline(sandbox: Sandbox) -> None:
    customer, card = await _customer_with(sandbox, ALWAYS_ASKS)
    for away in ({"off_session": True}, {"error_on_requires_action": True}):
        error = await refusal(_pay(sandbox, customer=customer, payment_method=card, **away))
        assert isinstance(error, stripe.CardError)
        assert error.code == "authentication_required"
        assert error.error is not None
        assert error.error.payment_intent.status == "requires_payment_method"


async def test_a_card_that_was_set_up_pays_without_being_asked_again(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer, card = await _customer_with(sandbox, ASKS_UNLESS_SET_UP)
    later = {"customer": customer, "payment_method": card, "off_session": True}
    assert (await refusal(_pay(sandbox, **later))).code == "authentication_required"
    asked = await _pay(
        sandbox, customer=customer, payment_method=card, setup_future_usage="off_session"
    )
    assert asked.status == "requires_action"
    await authenticate(sandbox, asked)
    assert (await v1.payment_intents.retrieve_async(asked.id)).status == "succeeded"
    assert (await _pay(sandbox, **later)).status == "succeeded"
    # While they are there, the bank still asks.
    present = await _pay(sandbox, customer=customer, payment_method=card)
    assert present.status == "requires_action"


async def test_paying_with_future_usage_leaves_the_card_with_the_customer(sandbox: Sandbox) -> None:
    customer = await sandbox.client.v1.customers.create_async({})
    paid = await _pay(
        sandbox,
        customer=customer.id,
        payment_method="pm_card_visa",
        setup_future_usage="off_session",
    )
    method = await sandbox.client.v1.payment_methods.retrieve_async(str(paid.payment_method))
    assert method.customer == customer.id
    assert "payment_method.attached" in [each["type"] for each in await sandbox.deliver()]


async def test_a_card_that_paid_for_nobody_cannot_be_used_again(sandbox: Sandbox) -> None:
    paid = await _pay(sandbox, payment_method="pm_card_visa")
    used = str(paid.payment_method)
    error = await refusal(_pay(sandbox, payment_method=used))
    assert "may not be used again" in str(error)
    customer = await sandbox.client.v1.customers.create_async({})
    error = await refusal(
        sandbox.client.v1.payment_methods.attach_async(used, {"customer": customer.id})
    )
    assert "may not be used again" in str(error)


async def test_another_customers_card_is_refused(sandbox: Sandbox) -> None:
    _, card = await _customer_with(sandbox, "pm_card_visa")
    other = await sandbox.client.v1.customers.create_async({})
    for whose in ({}, {"customer": other.id}):
        error = await refusal(_pay(sandbox, payment_method=card, **whose))
        assert (error.http_status, error.param) == (400, "payment_method")
    assert not (await sandbox.client.v1.charges.list_async()).data


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"amount": 49, "payment_method": "pm_card_visa"}, "amount", "amount_too_small"),
        ({"amount": 0, "payment_method": "pm_card_visa"}, "amount", None),
        ({"payment_method": "pm_none"}, "payment_method", "resource_missing"),
        ({"customer": "cus_none"}, "customer", "resource_missing"),
        ({}, None, "payment_intent_unexpected_state"),
        (
            {"automatic_payment_methods": {"enabled": True}, "payment_method": "pm_card_visa"},
            "return_url",
            None,
        ),
        ({"payment_method_types": ["card"]}, "payment_method_types", None),
        ({"confirm": False, "off_session": True}, "off_session", None),
        (
            {"payment_method": "pm_card_visa", "return_url": "javascript:alert(1)"},
            "return_url",
            None,
        ),
    ],
)
async def test_what_cannot_be_charged_is_refused_and_leaves_nothing(
    sandbox: Sandbox, changes: Any, param: str | None, code: str | None
) -> None:
    error = await refusal(_pay(sandbox, **changes))
    assert isinstance(error, stripe.InvalidRequestError)
    assert (error.param, error.code) == (param, code)
    assert not (await sandbox.client.v1.payment_intents.list_async()).data


async def test_the_banks_page_knows_only_its_own_questions(sandbox: Sandbox) -> None:
    url = f"{sandbox.base}/authenticate"
    assert (await sandbox.browser.get(f"{url}/pi_none")).status_code == 404
    assert (await sandbox.browser.post(f"{url}/%00", data={"outcome": "fail"})).status_code == 404
    asked = await _pay(sandbox, payment_method=ALWAYS_ASKS)
    odd = await authenticate(sandbox, asked, "perhaps")
    assert odd.status_code == 400
    broken = await sandbox.browser.post(f"{url}/{asked.id}", content=b"outcome=%ff")
    assert broken.status_code == 400
    still = await sandbox.client.v1.payment_intents.retrieve_async(asked.id)
    assert still.status == "requires_action"


async def test_a_canceled_payment_cannot_be_authenticated(sandbox: Sandbox) -> None:
    asked = await _pay(sandbox, payment_method=ALWAYS_ASKS)
    await sandbox.client.v1.payment_intents.cancel_async(asked.id)
    assert "Nothing was charged" in (await authenticate(sandbox, asked)).text
    assert not (await sandbox.client.v1.charges.list_async()).data


async def test_what_an_intent_says_can_be_changed(sandbox: Sandbox) -> None:
    made = await sandbox.client.v1.payment_intents.create_async({**ONCE, "metadata": {"a": "1"}})  # type: ignore[typeddict-item] # a plain dict
    changed = await sandbox.client.v1.payment_intents.update_async(
        made.id, {"description": "Day pass", "metadata": {"b": "2"}}
    )
    assert changed.description == "Day pass"
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}


async def test_confirmations_at_the_same_time_charge_once(sandbox: Sandbox) -> None:
    intents = sandbox.client.v1.payment_intents
    customer, card = await _customer_with(sandbox, "pm_card_visa")
    made = await intents.create_async(
        {**ONCE, "customer": customer, "payment_method": card}  # type: ignore[typeddict-item] # a plain dict
    )
    answers = await asyncio.gather(
        *(intents.confirm_async(made.id) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(each, stripe.PaymentIntent) for each in answers) == 1
    assert len((await sandbox.client.v1.charges.list_async()).data) == 1


async def test_an_answer_of_the_bank_pressed_many_times_charges_once(sandbox: Sandbox) -> None:
    asked = await _pay(sandbox, payment_method=ALWAYS_ASKS)
    answers = await asyncio.gather(*(authenticate(sandbox, asked) for _ in range(5)))
    assert {each.status_code for each in answers} == {200}
    assert len((await sandbox.client.v1.charges.list_async()).data) == 1
