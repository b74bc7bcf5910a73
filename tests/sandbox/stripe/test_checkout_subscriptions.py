"""Trials, discounts and collection days on the hosted page."""

from typing import Any

from sandbox.stripe.harness import MONTHLY, Sandbox, refusal
from sandbox.stripe.selling import (
    DAY,
    amounts,
    fits,
    fresh,
    invoices,
    latest,
    now,
    pass_time,
    payer,
)

FEE = {"price_data": {"currency": "eur", "unit_amount": 1500, "product_data": {"name": "Fee"}}}


async def test_a_trial_saves_the_card_and_charges_it_later(sandbox: Sandbox) -> None:
    session = await sandbox.session(
        subscription_data={"trial_period_days": 14, "metadata": {"ours": "1"}}
    )
    assert session.amount_total == 0
    assert (await sandbox.pay(session)).status_code == 303
    done = await sandbox.client.v1.checkout.sessions.retrieve_async(session.id)
    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    begun = await fresh(sandbox, str(done.subscription))
    assert (begun.status, begun.trial_end) == ("trialing", now(sandbox) + 14 * DAY)
    assert not (await sandbox.client.v1.charges.list_async()).data
    await pass_time(sandbox, days=14)
    assert (await fresh(sandbox, begun.id)).status == "active"
    assert (await latest(sandbox, begun.id)).amount_paid == 2990
    await fits(sandbox, "checkout.session")


async def test_a_fee_is_paid_at_once_even_before_a_trial(sandbox: Sandbox) -> None:
    session = await sandbox.session(
        line_items=[{"price_data": MONTHLY, "quantity": 1}, {**FEE, "quantity": 1}],
        subscription_data={"trial_period_days": 14},
    )
    assert session.amount_total == 1500
    await sandbox.pay(session)
    done = await sandbox.client.v1.checkout.sessions.retrieve_async(session.id)
    first = await latest(sandbox, str(done.subscription))
    assert (amounts(first), first.amount_paid) == ([0, 1500], 1500)


async def test_a_code_takes_off_what_the_page_says(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    coupon = await v1.coupons.create_async({"percent_off": 10})
    code = await v1.promotion_codes.create_async(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEN"}
    )
    session = await sandbox.session(discounts=[{"promotion_code": code.id}])
    assert (session.amount_subtotal, session.amount_total) == (2990, 2691)
    assert session.total_details is not None
    assert session.total_details.amount_discount == 299
    assert (await v1.coupons.retrieve_async(coupon.id)).times_redeemed == 0
    await sandbox.pay(session)
    done = await v1.checkout.sessions.retrieve_async(session.id)
    assert (await latest(sandbox, str(done.subscription))).amount_paid == 2691
    assert (await v1.promotion_codes.retrieve_async(code.id)).times_redeemed == 1
    await pass_time(sandbox, days=31)
    found = await invoices(sandbox, str(done.subscription))
    assert [each.total for each in found] == [2691, 2990]
    await fits(sandbox, "discount", "checkout.session")


async def test_the_page_charges_nothing_that_it_does_not_show(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer = await payer(sandbox)
    await v1.invoice_items.create_async({"customer": customer.id, "amount": 700, "currency": "eur"})
    await v1.customers.balance_transactions.create_async(
        customer.id, {"amount": -1000, "currency": "eur"}
    )
    session = await sandbox.session(customer=customer.id)
    assert session.amount_total == 2990
    await sandbox.pay(session)
    charge = (await v1.charges.list_async()).data[0]
    assert charge.amount == 2990
    assert (await v1.customers.retrieve_async(customer.id)).balance == -1000
    await pass_time(sandbox, days=31)
    assert (await v1.charges.list_async()).data[0].amount == 2690


async def test_a_collection_day_makes_the_first_payment_a_part(sandbox: Sandbox) -> None:
    anchor = now(sandbox) + 10 * DAY
    session = await sandbox.session(subscription_data={"billing_cycle_anchor": anchor})
    total = session.amount_total or 0
    assert 0 < total < 2990
    await sandbox.pay(session)
    await pass_time(sandbox, days=10)
    done = await sandbox.client.v1.checkout.sessions.retrieve_async(session.id)
    found = await invoices(sandbox, str(done.subscription))
    assert [each.amount_paid for each in found] == [total, 2990]


async def test_a_session_that_cannot_be_is_refused(sandbox: Sandbox) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"subscription_data": {"trial_period_days": 1, "trial_end": 4_000_000_000}}, "trial_end"),
        ({"subscription_data": {"trial_end": now(sandbox) + DAY}}, "trial_end"),
        ({"subscription_data": {"billing_cycle_anchor": 1}}, "billing_cycle_anchor"),
        ({"discounts": [{"coupon": "none"}]}, "discounts"),
        ({"discounts": [{"coupon": "a", "promotion_code": "b"}]}, "discounts"),
    ]
    for changes, param in cases:
        error = await refusal(sandbox.session(**changes))
        assert error.http_status == 400
        assert param in str(error.json_body["error"]["param"])
