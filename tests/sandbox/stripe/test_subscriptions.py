"""Subscriptions that are made through the API: first payments, trials, ends."""

from typing import Any

import pytest
import stripe

from sandbox.stripe.harness import Sandbox, refusal
from sandbox.stripe.selling import (
    DAY,
    amounts,
    begin,
    first_item,
    fits,
    fresh,
    invoices,
    latest,
    now,
    pass_time,
    payer,
    sell,
    update,
)

FAILS = "pm_card_chargeCustomerFail"


async def _types(sandbox: Sandbox) -> list[str]:
    return [each["type"] for each in await sandbox.deliver()]


async def test_several_items_quantities_and_a_fee_are_paid_at_once(sandbox: Sandbox) -> None:
    customer = await payer(sandbox)
    basic, towels = await sell(sandbox, 2990), await sell(sandbox, 500, "Towels")
    fee = await sell(sandbox, 1500, "Joining fee", interval=None)
    await sandbox.deliver()
    made = await begin(
        sandbox,
        customer.id,
        items=[{"price": basic}, {"price": towels, "quantity": 2, "metadata": {"a": "b"}}],
        add_invoice_items=[{"price": fee}],
        metadata={"ours": "1"},
        description="Gold",
        expand=["latest_invoice"],
    )
    assert (made.status, made.description, made.currency) == ("active", "Gold", "eur")
    assert [each.quantity for each in made["items"].data] == [1, 2]
    invoice: Any = made.latest_invoice
    assert (invoice.status, invoice.total, invoice.billing_reason) == (
        "paid",
        5490,
        "subscription_create",
    )
    assert amounts(invoice) == [2990, 1000, 1500]
    assert invoice.parent.subscription_details.metadata.to_dict() == {"ours": "1"}
    # As Stripe does it: the subscription is announced when its first invoice is paid.
    types = await _types(sandbox)
    assert types[0] == "invoice.created"
    assert types[-1] == "customer.subscription.created"
    assert types.index("invoice.paid") < types.index("customer.subscription.created")
    await pass_time(sandbox, days=31)
    assert amounts(await latest(sandbox, made.id)) == [2990, 1000]
    await fits(sandbox, "subscription", "invoice")


async def test_a_price_can_be_made_with_the_subscription(sandbox: Sandbox) -> None:
    customer = await payer(sandbox)
    product = await sandbox.client.v1.products.create_async({"name": "Day pass"})
    price = {
        "currency": "jpy",
        "product": product.id,
        "unit_amount": 500,
        "recurring": {"interval": "week", "interval_count": 4},
    }
    made = await begin(sandbox, customer.id, items=[{"price_data": price, "quantity": 3}])
    item = first_item(made)
    assert item.current_period_end - item.current_period_start == 28 * DAY
    invoice = await latest(sandbox, made.id)
    # Yen have no smaller unit, so nothing is multiplied.
    assert (invoice.currency, invoice.total, invoice.amount_paid) == ("jpy", 1500, 1500)
    charge = (await sandbox.client.v1.charges.list_async()).data[0]
    assert (charge.amount, charge.currency) == (1500, "jpy")


class TestFirstPayment:
    async def test_a_declined_one_leaves_it_incomplete_until_it_is_paid(
        self, sandbox: Sandbox
    ) -> None:
        customer = await payer(sandbox, FAILS)
        made = await begin(sandbox, customer.id, await sell(sandbox, 2990))
        assert made.status == "incomplete"
        owed = await latest(sandbox, made.id)
        assert (owed.status, owed.attempt_count, owed.next_payment_attempt) == ("open", 1, None)
        good = await sandbox.client.v1.payment_methods.attach_async(
            "pm_card_visa", {"customer": customer.id}
        )
        await sandbox.client.v1.invoices.pay_async(str(owed.id), {"payment_method": good.id})
        assert (await fresh(sandbox, made.id)).status == "active"
        await pass_time(sandbox, hours=24)
        assert (await fresh(sandbox, made.id)).status == "active"

    async def test_it_expires_after_23_hours(self, sandbox: Sandbox) -> None:
        customer = await payer(sandbox, FAILS)
        made = await begin(sandbox, customer.id, await sell(sandbox, 2990))
        await sandbox.deliver()
        await pass_time(sandbox, hours=22.9)
        assert (await fresh(sandbox, made.id)).status == "incomplete"
        await pass_time(sandbox, hours=0.2)
        expired = await fresh(sandbox, made.id)
        assert expired.status == "incomplete_expired"
        assert (await latest(sandbox, made.id)).status == "void"
        assert (await _types(sandbox)).count("customer.subscription.updated") == 1
        error = await refusal(update(sandbox, made.id, cancel_at_period_end=True))
        assert error.http_status == 400
        await pass_time(sandbox, days=100)
        assert len(await invoices(sandbox, made.id)) == 1

    async def test_error_if_incomplete_undoes_everything(self, sandbox: Sandbox) -> None:
        customer = await payer(sandbox, FAILS)
        price = await sell(sandbox, 2990)
        error = await refusal(
            begin(sandbox, customer.id, price, payment_behavior="error_if_incomplete")
        )
        assert isinstance(error, stripe.CardError)
        assert (error.http_status, error.code) == (402, "card_declined")
        v1 = sandbox.client.v1
        assert not (await v1.subscriptions.list_async({"status": "all"})).data
        assert not (await v1.invoices.list_async()).data

    async def test_default_incomplete_waits_for_the_customer(self, sandbox: Sandbox) -> None:
        customer = await payer(sandbox, None)
        made = await begin(
            sandbox,
            customer.id,
            await sell(sandbox, 2990),
            payment_behavior="default_incomplete",
            expand=["latest_invoice.confirmation_secret", "latest_invoice.payments"],
        )
        assert made.status == "incomplete"
        invoice: Any = made.latest_invoice
        payment = invoice.payments.data[0]
        intent = await sandbox.client.v1.payment_intents.retrieve_async(
            payment.payment.payment_intent
        )
        assert (intent.status, intent.amount) == ("requires_payment_method", 2990)
        assert invoice.confirmation_secret.client_secret == intent.client_secret
        assert invoice.confirmation_secret.type == "payment_intent"
        assert not (await sandbox.client.v1.charges.list_async()).data
        await fits(sandbox, "payment_intent", "invoice_payment")

    async def test_without_any_means_of_payment_it_is_refused(self, sandbox: Sandbox) -> None:
        customer = await payer(sandbox, None)
        price = await sell(sandbox, 2990)
        error = await refusal(begin(sandbox, customer.id, price))
        assert (error.http_status, error.code) == (400, "resource_missing")
        free = await begin(sandbox, customer.id, await sell(sandbox, 0))
        assert (free.status, (await latest(sandbox, free.id)).status) == ("active", "paid")


class TestTrials:
    async def test_nothing_is_charged_before_it_ends(self, sandbox: Sandbox) -> None:
        customer = await payer(sandbox)
        made = await begin(sandbox, customer.id, await sell(sandbox, 2990), trial_period_days=14)
        end = now(sandbox) + 14 * DAY
        assert (made.status, made.trial_end, made.billing_cycle_anchor) == ("trialing", end, end)
        assert first_item(made).current_period_end == end
        first = await latest(sandbox, made.id)
        assert (first.status, first.total, amounts(first)) == ("paid", 0, [0])
        assert str(first.lines.data[0].description).startswith("Trial period for")
        await sandbox.deliver()
        await pass_time(sandbox, days=11)
        assert await _types(sandbox) == ["customer.subscription.trial_will_end"]
        await pass_time(sandbox, days=3)
        begun = await fresh(sandbox, made.id)
        assert (begun.status, begun.trial_end) == ("active", end)
        paid = await latest(sandbox, made.id)
        assert (paid.total, paid.status, paid.billing_reason) == (
            2990,
            "paid",
            "subscription_cycle",
        )
        await pass_time(sandbox, days=31)
        assert len(await invoices(sandbox, made.id)) == 3

    async def test_a_short_one_is_announced_at_once(self, sandbox: Sandbox) -> None:
        customer = await payer(sandbox)
        await begin(sandbox, customer.id, await sell(sandbox, 2990), trial_period_days=2)
        await sandbox.bill()
        assert "customer.subscription.trial_will_end" in await _types(sandbox)

    @pytest.mark.parametrize(
        ("behavior", "status"),
        [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")],
    )
    async def test_its_end_without_a_card_is_settable(
        self, sandbox: Sandbox, behavior: str, status: str
    ) -> None:
        customer = await payer(sandbox, None)
        made = await begin(
            sandbox,
            customer.id,
            await sell(sandbox, 2990),
            trial_end=now(sandbox) + 7 * DAY,
            trial_settings={"end_behavior": {"missing_payment_method": behavior}},
        )
        await pass_time(sandbox, days=7)
        ended = await fresh(sandbox, made.id)
        assert ended.status == status
        found = [each.status for each in await invoices(sandbox, made.id)]
        assert found == (["paid", "open"] if status == "past_due" else ["paid"])
        assert not (await sandbox.client.v1.charges.list_async()).data
        await fits(sandbox, "subscription")

    async def test_what_paused_is_resumed_with_a_card_and_a_new_cycle(
        self, sandbox: Sandbox
    ) -> None:
        customer = await payer(sandbox, None)
        made = await begin(
            sandbox,
            customer.id,
            await sell(sandbox, 2990),
            trial_period_days=7,
            trial_settings={"end_behavior": {"missing_payment_method": "pause"}},
        )
        resume = sandbox.client.v1.subscriptions.resume_async
        assert (await refusal(resume(made.id))).http_status == 400
        await pass_time(sandbox, days=20)
        assert (await fresh(sandbox, made.id)).status == "paused"
        await sandbox.use_card(made, "pm_card_visa")
        await sandbox.deliver()
        resumed = await resume(made.id)
        assert (resumed.status, resumed.billing_cycle_anchor) == ("active", now(sandbox))
        assert (await latest(sandbox, made.id)).amount_paid == 2990
        assert "customer.subscription.resumed" in await _types(sandbox)
        await pass_time(sandbox, days=31)
        assert len(await invoices(sandbox, made.id)) == 3

    async def test_ending_it_now_charges_and_counts_the_cycle_from_now(
        self, sandbox: Sandbox
    ) -> None:
        customer = await payer(sandbox)
        made = await begin(sandbox, customer.id, await sell(sandbox, 2990), trial_period_days=14)
        await pass_time(sandbox, days=5)
        ended = await update(sandbox, made.id, trial_end="now")
        assert (ended.status, ended.trial_end) == ("active", now(sandbox))
        assert ended.billing_cycle_anchor == now(sandbox)
        assert (await latest(sandbox, made.id)).amount_paid == 2990
        await pass_time(sandbox, days=20)
        assert len(await invoices(sandbox, made.id)) == 2

    async def test_it_survives_a_change_of_the_plan(self, sandbox: Sandbox) -> None:
        customer = await payer(sandbox)
        made = await begin(sandbox, customer.id, await sell(sandbox, 2990), trial_period_days=14)
        yearly = await sell(sandbox, 29900, interval="year")
        await pass_time(sandbox, days=5)
        item = {"id": first_item(made).id, "price": yearly}
        changed = await update(sandbox, made.id, items=[item])
        assert (changed.status, changed.trial_end) == ("trialing", made.trial_end)
        await pass_time(sandbox, days=9)
        assert amounts(await latest(sandbox, made.id)) == [29900]

    async def test_one_that_is_canceled_is_never_charged(self, sandbox: Sandbox) -> None:
        customer = await payer(sandbox)
        made = await begin(sandbox, customer.id, await sell(sandbox, 2990), trial_period_days=14)
        await update(sandbox, made.id, cancel_at_period_end=True)
        await pass_time(sandbox, days=20)
        assert (await fresh(sandbox, made.id)).status == "canceled"
        assert not (await sandbox.client.v1.charges.list_async()).data


async def test_a_collection_day_apart_from_the_start_makes_a_stub(sandbox: Sandbox) -> None:
    customer = await payer(sandbox)
    price = await sell(sandbox, 3100)
    anchor = now(sandbox) + 10 * DAY
    made = await begin(sandbox, customer.id, price, billing_cycle_anchor=anchor)
    item = first_item(made)
    assert (item.current_period_end, made.billing_cycle_anchor) == (anchor, anchor)
    stub = await latest(sandbox, made.id)
    # 10 of the 28 days of the month that ends at the anchor.
    assert amounts(stub) == [round(3100 * 10 / 28)]
    free = await begin(
        sandbox,
        customer.id,
        await sell(sandbox, 3100),
        billing_cycle_anchor=anchor,
        proration_behavior="none",
    )
    assert (await latest(sandbox, free.id)).total == 0
    await pass_time(sandbox, days=10)
    for each in (made, free):
        assert amounts(await latest(sandbox, each.id)) == [3100]


async def test_a_planned_end_within_a_later_period_shortens_its_charge(sandbox: Sandbox) -> None:
    customer = await payer(sandbox)
    made = await begin(
        sandbox,
        customer.id,
        await sell(sandbox, 3100),
    )
    end = first_item(made).current_period_end
    await update(sandbox, made.id, cancel_at=end + 10 * DAY)
    await pass_time(sandbox, days=32)
    line = (await latest(sandbox, made.id)).lines.data[0]
    days = (first_item(await fresh(sandbox, made.id)).current_period_end - end) // DAY
    assert (line.period.end, line.amount) == (end + 10 * DAY, round(3100 * 10 / days))
    await pass_time(sandbox, days=20)
    assert (await fresh(sandbox, made.id)).ended_at == end + 10 * DAY


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"items": []}, "items"),
        ({"customer": "cus_none"}, "customer"),
        ({"items": [{"price": "price_none"}]}, "items[0][price]"),
        ({"trial_period_days": 3, "trial_end": 4_000_000_000}, "trial_end"),
        ({"trial_end": 1}, "trial_end"),
        ({"trial_period_days": 0}, "trial_period_days"),
        ({"cancel_at": 1}, "cancel_at"),
        ({"billing_cycle_anchor": 1}, "billing_cycle_anchor"),
        ({"payment_behavior": "pending_if_incomplete"}, "payment_behavior"),
        ({"default_payment_method": "pm_none"}, "default_payment_method"),
        ({"discounts": [{"coupon": "none"}]}, "discounts"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_cannot_begin_is_named(
    sandbox: Sandbox, changes: dict[str, Any], param: str
) -> None:
    customer = await payer(sandbox)
    price = await sell(sandbox, 2990)
    given = {"customer": customer.id, "items": [{"price": price}], **changes}
    create: Any = sandbox.client.v1.subscriptions.create_async
    error = await refusal(create(given))
    assert error.http_status == 400
    assert str(error.json_body["error"]["param"]).startswith(param)
    assert not (await sandbox.client.v1.subscriptions.list_async({"status": "all"})).data


async def test_prices_that_do_not_go_together_are_refused(sandbox: Sandbox) -> None:
    customer = await payer(sandbox)
    monthly = await sell(sandbox, 2990)
    once = await sell(sandbox, 100, interval=None)
    for others in (
        [await sell(sandbox, 100, interval="year")],
        [await sell(sandbox, 100, currency="usd")],
        [once],
        [monthly],
    ):
        error = await refusal(begin(sandbox, customer.id, monthly, *others))
        assert error.http_status == 400
