"""Refunds add up, and never to more than was paid."""

import asyncio
from datetime import timedelta

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from gymhopper.sandbox.stripe.amounts import shown
from sandbox.stripe.harness import MONTHLY, Sandbox, refusal
from sandbox.stripe.payments import pay


async def _charge(sandbox: Sandbox) -> stripe.Charge:
    await sandbox.subscribe()
    return (await sandbox.client.v1.charges.list_async()).data[0]


async def test_partial_refunds_are_counted_together(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    charge = await _charge(sandbox)
    await sandbox.deliver()
    for amount, total in ((1000, 1000), (500, 1500)):
        refund = await v1.refunds.create_async(
            {"payment_intent": str(charge.payment_intent), "amount": amount}
        )
        assert (refund.amount, refund.status, refund.charge) == (amount, "succeeded", charge.id)
        now = await v1.charges.retrieve_async(charge.id, {"expand": ["refunds"]})
        assert (now.amount_refunded, now.refunded) == (total, False)
        assert now.refunds is not None
        assert sum(each.amount for each in now.refunds.data) == total
    rest = await v1.refunds.create_async({"charge": charge.id})
    assert rest.amount == 1490
    assert (await v1.charges.retrieve_async(charge.id)).refunded is True
    events = await sandbox.deliver()
    assert [each["type"] for each in events] == ["refund.created", "charge.refunded"] * 3
    assert events[3]["data"]["previous_attributes"] == {"amount_refunded": 1000}
    listed = await v1.refunds.list_async({"payment_intent": str(charge.payment_intent)})
    assert [each.amount for each in listed.data] == [1490, 500, 1000]


async def test_more_than_was_paid_is_refused(sandbox: Sandbox) -> None:
    create = sandbox.client.v1.refunds.create_async
    charge = await _charge(sandbox)
    await create({"charge": charge.id, "amount": 2000})
    error = await refusal(create({"charge": charge.id, "amount": 991}))
    assert isinstance(error, stripe.InvalidRequestError)
    assert (error.http_status, error.param) == (400, "amount")
    assert "9.91 EUR" in str(error)
    await create({"charge": charge.id})
    again = await refusal(create({"charge": charge.id}))
    assert again.code == "charge_already_refunded"


async def test_refunds_at_the_same_time_do_not_overdraw(sandbox: Sandbox) -> None:
    charge = await _charge(sandbox)
    create = sandbox.client.v1.refunds.create_async
    answers = await asyncio.gather(
        *(create({"charge": charge.id, "amount": 1000}) for _ in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, stripe.Refund) for each in answers) == 2
    now = await sandbox.client.v1.charges.retrieve_async(charge.id)
    assert now.amount_refunded == 2000


async def test_a_failed_charge_has_nothing_to_refund(sandbox: Sandbox) -> None:
    session = await sandbox.session()
    await sandbox.pay(session, "4000000000000002")
    charge = (await sandbox.client.v1.charges.list_async()).data[0]
    for params in ({"charge": charge.id}, {"payment_intent": str(charge.payment_intent)}):
        error = await refusal(sandbox.client.v1.refunds.create_async(params))  # type: ignore[arg-type] # either of two shapes
        assert error.http_status == 400


async def test_a_refund_leaves_the_subscription_as_it_is(sandbox: Sandbox) -> None:
    subscription = await sandbox.subscribe(line_items=[{"price_data": MONTHLY}])
    charge = (await sandbox.client.v1.charges.list_async()).data[0]
    await sandbox.client.v1.refunds.create_async({"charge": charge.id})
    after = await sandbox.client.v1.subscriptions.retrieve_async(subscription.id)
    assert after.to_dict() == subscription.to_dict()
    invoice = await sandbox.client.v1.invoices.retrieve_async(str(after.latest_invoice))
    assert invoice.status == "paid"


async def test_a_pending_refund_arrives_later(sandbox: Sandbox) -> None:
    refunds = sandbox.client.v1.refunds
    paid = await pay(sandbox, "pm_card_pendingRefund")
    made = await refunds.create_async({"payment_intent": paid.id, "amount": 500})
    assert made.status == "pending"
    await sandbox.deliver()
    sandbox.clock.advance(timedelta(minutes=29))
    await sandbox.bill()
    assert (await refunds.retrieve_async(made.id)).status == "pending"
    sandbox.clock.advance(timedelta(minutes=1))
    await sandbox.bill()
    assert (await refunds.retrieve_async(made.id)).status == "succeeded"
    types = [each["type"] for each in await sandbox.deliver()]
    assert types == ["refund.updated", "charge.refund.updated"]


async def test_a_refund_that_comes_back_is_left_to_be_given_again(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    paid = await pay(sandbox, "pm_card_refundFail")
    await v1.refunds.create_async({"payment_intent": paid.id, "amount": 500})
    made = await v1.refunds.create_async({"payment_intent": paid.id})
    assert (made.status, made.amount) == ("succeeded", 1490)
    assert (await v1.charges.retrieve_async(str(made.charge))).refunded
    await sandbox.deliver()
    sandbox.clock.advance(timedelta(hours=1))
    await sandbox.bill()
    failed = await v1.refunds.retrieve_async(made.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction is not None
    charge = await v1.charges.retrieve_async(str(made.charge))
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    types = [each["type"] for each in await sandbox.deliver()]
    once = ["refund.updated", "charge.refund.updated", "refund.failed", "charge.updated"]
    assert types == once * 2


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (2990, "eur", "29.90 EUR"),
        (500, "jpy", "500 JPY"),
        (12345, "kwd", "12.345 KWD"),
        (50000, "isk", "500 ISK"),
    ],
)
def test_amounts_are_shown_in_the_currencys_own_way(amount: int, currency: str, text: str) -> None:
    assert shown(amount, currency) == text


@given(st.integers(0, 99_999_999))
def test_a_shown_amount_reads_back(amount: int) -> None:
    assert int(shown(amount, "eur").removesuffix(" EUR").replace(".", "")) == amount
