"""A preview is the invoice that follows, whatever is changed."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.stripe.harness import Sandbox
from sandbox.stripe.selling import (
    DAY,
    begin,
    first_item,
    fresh,
    invoices,
    latest,
    now,
    payer,
    preview,
    sell,
    update,
)

CHANGES = st.lists(
    st.fixed_dictionaries(
        {
            "wait": st.integers(0, 45 * DAY),
            "prices": st.lists(st.integers(0, 5), min_size=1, max_size=2, unique=True),
            "quantity": st.integers(1, 3),
            "behavior": st.sampled_from(["always_invoice", "create_prorations", "none"]),
            "anchor": st.sampled_from(["now", "unchanged", "unchanged"]),
            "yearly": st.sampled_from([False, False, False, True]),
        }
    ),
    min_size=1,
    max_size=4,
)
PRICES = (0, 1, 999, 2990, 4999, 10_007)


def _seen(invoice: stripe.Invoice) -> list[Any]:
    """All that an invoice and its preview have to agree on."""
    lines = [
        (line.amount, line.description, line.period.start, line.period.end, line.quantity)
        for line in invoice.lines.data
    ]
    figures = (invoice.subtotal, invoice.total, invoice.amount_due, invoice.starting_balance)
    return [lines, figures, invoice.currency, invoice.period_start, invoice.period_end]


def _items(subscription: stripe.Subscription, prices: list[str], quantity: int) -> list[Any]:
    """Parameters that leave exactly these prices."""
    now_there = subscription["items"].data
    kept = [
        {"id": each.id, "price": price, "quantity": quantity}
        for each, price in zip(now_there, prices, strict=False)
    ]
    gone = [{"id": each.id, "deleted": True} for each in now_there[len(prices) :]]
    new = [{"price": price, "quantity": quantity} for price in prices[len(now_there) :]]
    return [*kept, *gone, *new]


def _lives(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))


@_lives(5)
@given(CHANGES)
async def test_a_preview_equals_the_invoice_that_follows(
    sandbox: Sandbox, changes: list[dict[str, Any]]
) -> None:
    await _check_previews(sandbox, changes)


@pytest.mark.prove
@pytest.mark.timeout(900)
@_lives(60)
@given(CHANGES)
async def test_many_previews_equal_the_invoices_that_follow(
    sandbox: Sandbox, changes: list[dict[str, Any]]
) -> None:
    await _check_previews(sandbox, changes)


async def _check_previews(sandbox: Sandbox, changes: list[dict[str, Any]]) -> None:
    customer = await payer(sandbox)
    monthly = [await sell(sandbox, amount) for amount in PRICES]
    yearly = [await sell(sandbox, amount * 10, interval="year") for amount in PRICES]
    made = await begin(sandbox, customer.id, monthly[3])
    for step in changes:
        sandbox.clock.advance(timedelta(seconds=step["wait"]))
        await sandbox.bill()
        before = await fresh(sandbox, made.id)
        prices = [(yearly if step["yearly"] else monthly)[index] for index in step["prices"]]
        change = {
            "items": _items(before, prices, step["quantity"]),
            "proration_behavior": step["behavior"],
            "billing_cycle_anchor": step["anchor"],
        }
        shown = await preview(sandbox, subscription=made.id, subscription_details=change)
        after = await update(sandbox, made.id, **change)
        if after.latest_invoice == before.latest_invoice:
            left = first_item(after).current_period_end - now(sandbox)
            sandbox.clock.advance(timedelta(seconds=left))
            await sandbox.bill()
        assert _seen(await latest(sandbox, made.id)) == _seen(shown)
    await _nothing_is_lost(sandbox, made, customer.id)


async def _nothing_is_lost(sandbox: Sandbox, made: stripe.Subscription, customer: str) -> None:
    """What was billed is what was paid and what the balance holds."""
    found = await invoices(sandbox, made.id)
    paid = sum(each.amount_paid for each in found)
    balance = (await sandbox.client.v1.customers.retrieve_async(customer)).balance
    assert sum(each.total for each in found) == paid + (balance or 0)
    assert all(each.status == "paid" for each in found)
