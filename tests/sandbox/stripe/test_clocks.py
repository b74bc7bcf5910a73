"""Test clocks: months of a subscription's life, by a time of its own."""

import asyncio
from datetime import timedelta
from typing import Any

from sandbox.stripe.harness import Sandbox, refusal
from sandbox.stripe.selling import (
    DAY,
    begin,
    first_item,
    fits,
    fresh,
    invoices,
    latest,
    now,
    payer,
    sell,
    update,
)


def _clocks(sandbox: Sandbox) -> Any:
    return sandbox.client.v1.test_helpers.test_clocks


async def _clock(sandbox: Sandbox, at: int | None = None) -> str:
    made = await _clocks(sandbox).create_async({"frozen_time": at or now(sandbox), "name": "life"})
    assert made.status == "ready"
    return str(made.id)


async def _advance(sandbox: Sandbox, clock: str, *, to: int) -> None:
    moving = await _clocks(sandbox).advance_async(clock, {"frozen_time": to})
    assert moving.status == "advancing"
    assert moving.status_details.advancing.target_frozen_time == to
    await sandbox.bill()
    there = await _clocks(sandbox).retrieve_async(clock)
    assert (there.status, there.frozen_time) == ("ready", to)


async def test_a_year_passes_by_the_clock_alone(sandbox: Sandbox) -> None:
    start = now(sandbox) - 100 * DAY
    clock = await _clock(sandbox, start)
    customer = await payer(sandbox, test_clock=clock)
    price = await sell(sandbox, 2990)
    assert customer.created == start
    made = await begin(sandbox, customer.id, price)
    assert (made.test_clock, made.created) == (clock, start)
    other = await begin(sandbox, (await payer(sandbox)).id, price)
    for month in range(1, 13):
        await _advance(sandbox, clock, to=start + month * 31 * DAY)
    lived = await invoices(sandbox, made.id)
    assert len(lived) == 13
    assert {each.status for each in lived} == {"paid"}
    assert lived[-1].created == first_item(await fresh(sandbox, made.id)).current_period_start
    # Nobody else has grown older, and the news goes out now.
    assert len(await invoices(sandbox, other.id)) == 1
    types = [each["type"] for each in await sandbox.deliver()]
    assert types.count("test_helpers.test_clock.ready") == 12
    assert types.count("invoice.paid") == 14
    await fits(sandbox, "test_helpers.test_clock")


async def test_what_lives_by_a_clock_does_not_age_by_ours(sandbox: Sandbox) -> None:
    clock = await _clock(sandbox)
    start = now(sandbox)
    customer = await payer(sandbox, test_clock=clock)
    made = await begin(sandbox, customer.id, await sell(sandbox, 2990))
    sandbox.clock.advance(timedelta(days=100))
    await sandbox.bill()
    assert len(await invoices(sandbox, made.id)) == 1
    ended = await sandbox.client.v1.subscriptions.cancel_async(made.id)
    assert ended.ended_at == start


async def test_declines_retries_and_trials_happen_by_the_clock(sandbox: Sandbox) -> None:
    clock = await _clock(sandbox)
    start = now(sandbox)
    customer = await payer(sandbox, test_clock=clock)
    made = await begin(sandbox, customer.id, await sell(sandbox, 2990), trial_period_days=7)
    await sandbox.use_card(made, "pm_card_chargeCustomerFail")
    await _advance(sandbox, clock, to=start + 7 * DAY)
    assert (await fresh(sandbox, made.id)).status == "past_due"
    owed = await latest(sandbox, made.id)
    assert owed.next_payment_attempt == start + 8 * DAY
    await sandbox.use_card(made, "pm_card_visa")
    await _advance(sandbox, clock, to=start + 9 * DAY)
    assert (await fresh(sandbox, made.id)).status == "active"
    paid = await latest(sandbox, made.id)
    assert paid.status_transitions.paid_at == start + 8 * DAY
    await update(sandbox, made.id, cancel_at_period_end=True)
    await _advance(sandbox, clock, to=start + 60 * DAY)
    assert (await fresh(sandbox, made.id)).status == "canceled"


async def test_it_moves_forward_only_and_two_intervals_at_most(sandbox: Sandbox) -> None:
    clock = await _clock(sandbox)
    start = now(sandbox)
    advance = _clocks(sandbox).advance_async
    error = await refusal(advance(clock, {"frozen_time": start}))
    assert error.json_body["error"]["param"] == "frozen_time"
    customer = await payer(sandbox, test_clock=clock)
    await begin(sandbox, customer.id, await sell(sandbox, 100, interval="week"))
    error = await refusal(advance(clock, {"frozen_time": start + 14 * DAY + 1}))
    assert error.json_body["error"]["param"] == "frozen_time"
    await _advance(sandbox, clock, to=start + 14 * DAY)


async def test_while_it_moves_nothing_else_happens_to_its_objects(sandbox: Sandbox) -> None:
    clock = await _clock(sandbox)
    customer = await payer(sandbox, test_clock=clock)
    made = await begin(sandbox, customer.id, await sell(sandbox, 2990))
    await _clocks(sandbox).advance_async(clock, {"frozen_time": now(sandbox) + DAY})
    for call in (
        update(sandbox, made.id, metadata={"a": "b"}),
        _clocks(sandbox).advance_async(clock, {"frozen_time": now(sandbox) + 2 * DAY}),
    ):
        assert (await refusal(call)).http_status == 429
    await sandbox.bill()
    await update(sandbox, made.id, metadata={"a": "b"})


async def test_deleting_it_takes_its_customers_along(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    clock = await _clock(sandbox)
    customer = await payer(sandbox, test_clock=clock)
    made = await begin(sandbox, customer.id, await sell(sandbox, 2990))
    stays = await payer(sandbox)
    assert (await _clocks(sandbox).delete_async(clock)).deleted is True
    for call in (
        _clocks(sandbox).retrieve_async(clock),
        v1.customers.retrieve_async(customer.id),
        v1.subscriptions.retrieve_async(made.id),
    ):
        assert (await refusal(call)).http_status == 404
    assert [each.id for each in (await v1.customers.list_async()).data] == [stays.id]
    assert await sandbox.bill() == 0
    assert "test_helpers.test_clock.deleted" in [each["type"] for each in await sandbox.deliver()]


async def test_lists_leave_out_what_lives_by_a_clock_unless_asked(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    clock = await _clock(sandbox)
    customer, other = await payer(sandbox, test_clock=clock), await payer(sandbox)
    price = await sell(sandbox, 2990)
    made, ours = await begin(sandbox, customer.id, price), await begin(sandbox, other.id, price)
    listed = await asyncio.gather(
        v1.customers.list_async(),
        v1.customers.list_async({"test_clock": clock}),
        v1.subscriptions.list_async(),
        v1.subscriptions.list_async({"test_clock": clock}),
        v1.subscriptions.list_async({"customer": customer.id}),
    )
    assert [[each.id for each in page.data] for page in listed] == [
        [other.id],
        [customer.id],
        [ours.id],
        [made.id],
        [made.id],
    ]
    error = await refusal(v1.customers.create_async({"test_clock": "clock_none"}))
    assert error.json_body["error"]["param"] == "test_clock"
