"""Changes within a period: what is given back and what is charged."""

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from gymhopper.kernel.clock import ManualClock
from gymhopper.sandbox.stripe.billing.shares import apportion, share
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
    preview,
    sell,
    update,
)

CASES = st.tuples(st.integers(-(10**8), 10**8), st.integers(0, 10**7), st.integers(1, 10**7))


@given(CASES)
def test_a_part_and_its_credit_cancel_out(case: tuple[int, int, int]) -> None:
    amount, part, whole = case
    assert share(-amount, part, whole) == -share(amount, part, whole)
    assert abs(share(amount, part, whole) * whole - amount * part) * 2 <= whole
    assert share(amount, whole, whole) == amount


@given(st.integers(0, 10**8), st.lists(st.integers(0, 10**8), min_size=1, max_size=8))
def test_what_is_shared_out_adds_up(amount: int, weights: list[int]) -> None:
    parts = apportion(amount, weights)
    assert sum(parts) == (amount if sum(weights) else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < max(sum(weights), 1)


async def _running(
    sandbox: Sandbox, amount: int = 3000, **given: Any
) -> tuple[stripe.Subscription, Any]:
    """A subscription ten days into its month of thirty."""
    customer = await payer(sandbox)
    made = await begin(sandbox, customer.id, await sell(sandbox, amount), **given)
    await pass_time(sandbox, days=10)
    return made, first_item(made)


class TestInApril:
    """A month of thirty days, so that the sums can be done in the head."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(datetime(2026, 4, 1, 9, 30, tzinfo=UTC))

    async def test_an_upgrade_waits_for_the_next_invoice(self, sandbox: Sandbox) -> None:
        made, item = await _running(sandbox)
        gold = await sell(sandbox, 6000, "Gold")
        await sandbox.deliver()
        changed = await update(sandbox, made.id, items=[{"id": item.id, "price": gold}])
        assert first_item(changed).price.id == gold
        assert first_item(changed).current_period_end == item.current_period_end
        waiting = await sandbox.client.v1.invoice_items.list_async({"pending": True})
        assert [each.amount for each in waiting.data] == [4000, -2000]
        assert [each.description for each in waiting.data] == [
            "Remaining time on Gold after 11 Apr 2026",
            "Unused time on Basic after 11 Apr 2026",
        ]
        credit: Any = waiting.data[1]
        credited = credit.proration_details.credited_items.invoice_line_item_details
        assert credited.invoice == made.latest_invoice
        events = await sandbox.deliver()
        assert [each["type"] for each in events] == [
            "invoiceitem.created",
            "invoiceitem.created",
            "customer.subscription.updated",
        ]
        assert len(await invoices(sandbox, made.id)) == 1
        await pass_time(sandbox, days=20)
        renewed = await latest(sandbox, made.id)
        assert (amounts(renewed), renewed.total) == ([6000, -2000, 4000], 8000)
        parents: list[Any] = [line.parent for line in renewed.lines.data]
        assert [each.subscription_item_details.proration for each in parents] == [
            False,
            True,
            True,
        ]
        await fits(sandbox, "invoiceitem")

    async def test_a_second_upgrade_gives_back_all_of_the_first(self, sandbox: Sandbox) -> None:
        made, item = await _running(sandbox)
        for amount in (6000, 9000):
            price = await sell(sandbox, amount)
            await update(
                sandbox,
                made.id,
                items=[{"id": item.id, "price": price}],
                proration_behavior="always_invoice",
            )
            await pass_time(sandbox, days=10)
        totals = [each.total for each in await invoices(sandbox, made.id)]
        # -2000 + 4000 on the 11th; on the 21st -2000 + 3000; the renewal on the 1st of May.
        assert totals == [3000, 2000, 1000, 9000]

    async def test_a_downgrade_becomes_a_credit_of_the_customer(self, sandbox: Sandbox) -> None:
        v1 = sandbox.client.v1
        made, item = await _running(sandbox, 6000)
        bronze = await sell(sandbox, 1500, "Bronze")
        await update(
            sandbox,
            made.id,
            items=[{"id": item.id, "price": bronze}],
            proration_behavior="always_invoice",
        )
        given_back = await latest(sandbox, made.id)
        assert (given_back.total, given_back.amount_due) == (-3000, 0)
        assert (given_back.status, given_back.ending_balance) == ("paid", -3000)
        customer = str(made.customer)
        assert (await v1.customers.retrieve_async(customer)).balance == -3000
        for days, balance, due in ((20, -1500, 0), (31, 0, 0), (30, 0, 1500)):
            await pass_time(sandbox, days=days)
            assert (await v1.customers.retrieve_async(customer)).balance == balance
            assert (await latest(sandbox, made.id)).amount_due == due
        moved = await v1.customers.balance_transactions.list_async(customer)
        assert [(each.amount, each.ending_balance) for each in moved.data] == [
            (1500, 0),
            (1500, -1500),
            (-3000, -3000),
        ]
        assert {each.type for each in moved.data} == {"applied_to_invoice"}
        await fits(sandbox, "customer_balance_transaction")

    async def test_there_and_back_costs_nothing(self, sandbox: Sandbox) -> None:
        made, item = await _running(sandbox, 2990)
        gold = await sell(sandbox, 4999)
        at = now(sandbox) - 12_345
        for price in (gold, item.price.id):
            await update(
                sandbox,
                made.id,
                items=[{"id": item.id, "price": price}],
                proration_date=at,
            )
        waiting = await sandbox.client.v1.invoice_items.list_async({"pending": True})
        assert sum(each.amount for each in waiting.data) == 0
        await pass_time(sandbox, days=21)
        assert (await latest(sandbox, made.id)).total == 2990

    async def test_nothing_is_prorated_when_the_request_says_so(self, sandbox: Sandbox) -> None:
        made, item = await _running(sandbox)
        gold = await sell(sandbox, 6000)
        await update(
            sandbox,
            made.id,
            items=[{"id": item.id, "price": gold, "quantity": 2}],
            proration_behavior="none",
        )
        assert not (await sandbox.client.v1.invoice_items.list_async({})).data
        await pass_time(sandbox, days=20)
        assert amounts(await latest(sandbox, made.id)) == [12000]

    async def test_a_price_that_came_without_proration_is_not_what_is_given_back_later(
        self, sandbox: Sandbox
    ) -> None:
        """What was really charged is: whoever gave it back himself must not ask for more."""
        made, item = await _running(sandbox)
        silver, gold = await sell(sandbox, 1500, "Silver"), await sell(sandbox, 6000, "Gold")
        await update(
            sandbox, made.id, items=[{"id": item.id, "price": silver}], proration_behavior="none"
        )
        await update(sandbox, made.id, items=[{"id": item.id, "price": gold}])
        waiting = await sandbox.client.v1.invoice_items.list_async({"pending": True})
        assert [each.amount for each in waiting.data] == [4000, -2000]

    async def test_items_come_and_go_within_the_period(self, sandbox: Sandbox) -> None:
        made, item = await _running(sandbox)
        towels = await sell(sandbox, 600, "Towels")
        added = await update(
            sandbox,
            made.id,
            items=[{"price": towels, "quantity": 2}],
            proration_behavior="always_invoice",
        )
        assert amounts(await latest(sandbox, made.id)) == [800]
        extra = added["items"].data[1]
        await pass_time(sandbox, days=10)
        left = await update(
            sandbox,
            made.id,
            items=[{"id": extra.id, "deleted": True}],
            proration_behavior="always_invoice",
        )
        assert len(left["items"].data) == 1
        assert amounts(await latest(sandbox, made.id)) == [-400]
        error = await refusal(update(sandbox, made.id, items=[{"id": item.id, "deleted": True}]))
        assert error.http_status == 400

    async def test_another_interval_begins_a_new_cycle(self, sandbox: Sandbox) -> None:
        made, item = await _running(sandbox)
        yearly = await sell(sandbox, 30000, "Yearly", interval="year")
        changed = await update(sandbox, made.id, items=[{"id": item.id, "price": yearly}])
        assert changed.billing_cycle_anchor == now(sandbox)
        assert first_item(changed).current_period_end == now(sandbox) + 365 * DAY
        paid = await latest(sandbox, made.id)
        assert (amounts(paid), paid.amount_paid) == ([30000, -2000], 28000)
        assert paid.billing_reason == "subscription_update"
        await pass_time(sandbox, days=200)
        assert len(await invoices(sandbox, made.id)) == 2

    async def test_the_anchor_can_be_set_to_now(self, sandbox: Sandbox) -> None:
        made, _ = await _running(sandbox)
        changed = await update(sandbox, made.id, billing_cycle_anchor="now")
        assert changed.billing_cycle_anchor == now(sandbox)
        assert amounts(await latest(sandbox, made.id)) == [3000, -2000]

    async def test_an_early_end_gives_back_the_rest_and_undoing_charges_it(
        self, sandbox: Sandbox
    ) -> None:
        made, item = await _running(sandbox)
        planned = await update(sandbox, made.id, cancel_at=now(sandbox) + 5 * DAY)
        assert planned.cancel_at == now(sandbox) + 5 * DAY
        pending = sandbox.client.v1.invoice_items.list_async
        assert [each.amount for each in (await pending({"pending": True})).data] == [-1500]
        await update(sandbox, made.id, cancel_at="")
        assert [each.amount for each in (await pending({"pending": True})).data] == [1500, -1500]
        await pass_time(sandbox, days=20)
        assert (await latest(sandbox, made.id)).total == 3000
        assert first_item(await fresh(sandbox, made.id)).current_period_start == (
            item.current_period_end
        )

    async def test_canceling_now_can_give_back_and_bill(self, sandbox: Sandbox) -> None:
        v1 = sandbox.client.v1
        made, _ = await _running(sandbox)
        await sandbox.deliver()
        ended = await v1.subscriptions.cancel_async(made.id, {"prorate": True, "invoice_now": True})
        assert ended.status == "canceled"
        last = await latest(sandbox, made.id)
        assert (amounts(last), last.status) == ([-2000], "paid")
        assert (await v1.customers.retrieve_async(str(made.customer))).balance == -2000
        other, _ = await _running(sandbox)
        await v1.subscriptions.cancel_async(other.id)
        assert len(await invoices(sandbox, other.id)) == 1

    async def test_nothing_is_given_back_of_what_was_not_charged(self, sandbox: Sandbox) -> None:
        customer = await payer(sandbox)
        made = await begin(sandbox, customer.id, await sell(sandbox, 3000), trial_period_days=20)
        await pass_time(sandbox, days=10)
        gold = await sell(sandbox, 6000)
        changed = await update(sandbox, made.id, items=[{"id": first_item(made).id, "price": gold}])
        assert not (await sandbox.client.v1.invoice_items.list_async({})).data
        await sandbox.client.v1.subscriptions.cancel_async(
            changed.id, {"prorate": True, "invoice_now": True}
        )
        assert len(await invoices(sandbox, made.id)) == 1

    async def test_a_declined_upgrade_is_kept_open_or_undone(self, sandbox: Sandbox) -> None:
        made, item = await _running(sandbox)
        await sandbox.use_card(made, "pm_card_chargeCustomerFail")
        gold = await sell(sandbox, 6000)
        change = {
            "items": [{"id": item.id, "price": gold}],
            "proration_behavior": "always_invoice",
        }
        error = await refusal(
            update(sandbox, made.id, **change, payment_behavior="error_if_incomplete")
        )
        assert isinstance(error, stripe.CardError)
        unchanged = await fresh(sandbox, made.id)
        assert (unchanged.status, first_item(unchanged).price.id) == ("active", item.price.id)
        assert len(await invoices(sandbox, made.id)) == 1
        changed = await update(sandbox, made.id, **change)
        assert (changed.status, first_item(changed).price.id) == ("past_due", gold)
        assert (await latest(sandbox, made.id)).status == "open"

    async def test_a_date_outside_the_period_is_refused(self, sandbox: Sandbox) -> None:
        made, item = await _running(sandbox)
        gold = await sell(sandbox, 6000)
        for at in (item.current_period_start - 1, item.current_period_end + 1):
            error = await refusal(
                update(
                    sandbox,
                    made.id,
                    items=[{"id": item.id, "price": gold}],
                    proration_date=at,
                )
            )
            assert error.json_body["error"]["param"] == "proration_date"

    async def test_previews_keep_nothing(self, sandbox: Sandbox) -> None:
        made, item = await _running(sandbox)
        gold = await sell(sandbox, 6000)
        await sandbox.deliver()
        items = [{"id": item.id, "price": gold}]
        customer = str(made.customer)
        next_one = await preview(sandbox, subscription=made.id)
        assert (amounts(next_one), next_one.billing_reason) == ([3000], "upcoming")
        later = await preview(sandbox, subscription=made.id, subscription_details={"items": items})
        assert sorted(amounts(later)) == [-2000, 4000, 6000]
        at_once = await preview(
            sandbox,
            subscription=made.id,
            subscription_details={"items": items, "proration_behavior": "always_invoice"},
        )
        assert amounts(at_once) == [-2000, 4000]
        last = await preview(
            sandbox, subscription=made.id, subscription_details={"cancel_now": True}
        )
        assert amounts(last) == [-2000]
        new = await preview(
            sandbox,
            customer=customer,
            subscription_details={"items": [{"price": gold, "quantity": 2}]},
        )
        assert (new.total, new.amount_due) == (12000, 12000)
        error = await refusal(
            preview(
                sandbox,
                subscription=made.id,
                subscription_details={"cancel_at_period_end": True},
            )
        )
        assert (error.http_status, error.code) == (404, "invoice_upcoming_none")
        assert (await fresh(sandbox, made.id)).to_dict() == made.to_dict()
        assert len(await invoices(sandbox, made.id)) == 1
        assert await sandbox.deliver() == []
