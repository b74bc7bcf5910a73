"""A customer leaves a card for later charges."""

from typing import Any

import pytest
import stripe

from sandbox.stripe.harness import Sandbox, authenticate, refusal
from sandbox.stripe.payments import ASKING, pay, save


async def test_a_saved_card_belongs_to_its_customer_and_pays_later(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer = (await v1.customers.create_async({})).id
    done = await save(sandbox, "pm_card_visa", customer=customer, metadata={"why": "debt"})
    assert (done.status, done.usage, done.metadata["why"]) == ("succeeded", "off_session", "debt")
    method = await v1.payment_methods.retrieve_async(str(done.payment_method))
    assert method.customer == customer
    paid = await pay(sandbox, method.id, customer=customer, off_session=True)
    assert paid.status == "succeeded"
    types = [each["type"] for each in await sandbox.deliver()]
    assert types[:4] == [
        "customer.created",
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]


async def test_a_question_of_the_bank_is_answered_before_the_card_is_saved(
    sandbox: Sandbox,
) -> None:
    v1 = sandbox.client.v1
    customer = (await v1.customers.create_async({})).id
    asked = await save(sandbox, "pm_card_authenticationRequiredOnSetup", customer=customer)
    assert asked.status == "requires_action"
    card = await v1.payment_methods.retrieve_async(str(asked.payment_method))
    assert card.customer is None
    page = await authenticate(sandbox, asked)
    assert "The card is saved." in page.text
    done = await v1.setup_intents.retrieve_async(asked.id)
    assert (done.status, done.next_action) == ("succeeded", None)
    paid = await pay(sandbox, str(done.payment_method), customer=customer, off_session=True)
    assert paid.status == "succeeded"


async def test_who_fails_to_authenticate_leaves_no_card(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer = (await v1.customers.create_async({})).id
    asked = await save(sandbox, ASKING, customer=customer, return_url="http://127.0.0.1/back")
    answered = await authenticate(sandbox, asked, "fail")
    assert "redirect_status=failed" in answered.headers["location"]
    failed = await v1.setup_intents.retrieve_async(asked.id)
    assert (failed.status, failed.payment_method) == ("requires_payment_method", None)
    assert failed.last_setup_error is not None
    assert failed.last_setup_error.code == "setup_intent_authentication_failure"
    assert not (await v1.customers.payment_methods.list_async(customer)).data
    assert "setup_intent.setup_failed" in [each["type"] for each in await sandbox.deliver()]


async def test_a_card_that_is_refused_is_not_saved(sandbox: Sandbox) -> None:
    error = await refusal(save(sandbox, "pm_card_visa_chargeDeclinedLostCard"))
    assert isinstance(error, stripe.CardError)
    assert error.error is not None
    assert error.error.decline_code == "lost_card"
    assert error.error.setup_intent.status == "requires_payment_method"
    kept = await sandbox.client.v1.setup_intents.retrieve_async(error.error.setup_intent.id)
    assert kept.last_setup_error is not None
    assert kept.last_setup_error.decline_code == "lost_card"


async def test_a_setup_goes_through_its_states_one_by_one(sandbox: Sandbox) -> None:
    intents = sandbox.client.v1.setup_intents
    never: Any = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    bare = await intents.create_async(never)
    assert bare.status == "requires_payment_method"
    assert (await refusal(intents.confirm_async(bare.id))).code == "setup_intent_unexpected_state"
    done = await intents.confirm_async(bare.id, {"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    for again in (intents.confirm_async(bare.id), intents.cancel_async(bare.id)):
        assert (await refusal(again)).code == "setup_intent_unexpected_state"
    left = await intents.create_async({**never, "payment_method": "pm_card_visa"})
    assert left.status == "requires_confirmation"
    assert (await intents.cancel_async(left.id)).status == "canceled"
    listed = await intents.list_async({})
    assert [each.status for each in listed.data] == ["canceled", "succeeded"]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"customer": "cus_none"}, "customer"),
        ({"confirm": False, "return_url": "http://127.0.0.1"}, "return_url"),
        ({"automatic_payment_methods": {"enabled": True}}, "return_url"),
        ({"usage": "sometimes"}, "usage"),
    ],
)
async def test_what_cannot_be_saved_is_refused(sandbox: Sandbox, changes: Any, param: str) -> None:
    error = await refusal(save(sandbox, "pm_card_visa", **changes))
    assert (error.http_status, error.param) == (400, param)
    assert not (await sandbox.client.v1.setup_intents.list_async()).data
