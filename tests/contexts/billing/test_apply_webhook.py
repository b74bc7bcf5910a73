"""A stored webhook: applied once, whatever happens on the way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.billing.disturbed import Cut, CutAt, Disturbed, MortalRuntime
from contexts.billing.till import Till
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.queries.webhooks import list_events
from gymhopper.contexts.billing.usecases.apply_webhook import RETRY_DELAYS, apply_webhook
from gymhopper.contexts.billing.usecases.fetch_snapshot import Snapshot, fetch_snapshot
from gymhopper.contexts.billing.usecases.replay_event import replay_event
from gymhopper.contexts.billing.usecases.sweep_webhooks import sweep_webhooks
from gymhopper.contexts.billing.usecases.take_over import take_over
from gymhopper.contracts.billing.events import PaymentSucceeded
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.errors import NotFound, Unavailable
from gymhopper.kernel.ids import new_id


async def received(till: Till) -> list[UUID]:
    """The webhooks that wait to be applied."""
    rows = await till.rows(
        "SELECT id FROM billing.webhook_event WHERE state = 'received' ORDER BY received_at, id"
    )
    return [row["id"] for row in rows]


async def paid_and_delivered(till: Till) -> Purchase:
    """A first payment whose webhooks have arrived and wait."""
    purchase = till.sell()
    await till.pay(purchase)
    await till.deliver()
    return purchase


async def one(till: Till, event_id: UUID) -> dict[str, Any]:
    (row,) = await till.rows("SELECT * FROM billing.webhook_event WHERE id = :id", id=event_id)
    return dict(row)


async def invoice_paid(till: Till) -> UUID:
    """The id of the waiting webhook that tells of the payment."""
    rows = await till.rows("SELECT id FROM billing.webhook_event WHERE type = 'invoice.paid'")
    return UUID(str(rows[0]["id"]))


async def test_a_process_that_dies_between_any_two_steps_loses_and_doubles_nothing(
    till: Till,
) -> None:
    await paid_and_delivered(till)
    event_id = await invoice_paid(till)
    step = 0
    while True:
        cut = CutAt(step)
        runtime: Any = MortalRuntime(till.runtime, cut)
        provider: Any = Disturbed(till.provider, before=cut, after=cut)
        try:
            await apply_webhook(runtime, provider, event_id)
        except Cut:
            # Only when the last commit was through is the event not waiting any more.
            waits = (await one(till, event_id))["state"] == "received"
            assert waits == (await till.events() == [])
        if not cut.reached:
            break
        step += 1
    assert step >= 6, "fence, three calls to the provider and the commit were all cut once"
    assert (await one(till, event_id))["state"] == "handled"
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_a_snapshot_that_was_fetched_earlier_never_replaces_a_later_one(till: Till) -> None:
    purchase = await till.subscribe()
    subscription_id = await till.subscription_id(purchase)
    await till.stripe.v1.subscriptions.update_async(subscription_id, {"metadata": {"n": "1"}})
    await till.deliver()
    (slow,) = await received(till)

    async def overtaken(method: str) -> None:
        """After the slow job has fetched, the person cancels, and that is taken over first."""
        if method == "subscription":
            await till.stripe.v1.subscriptions.update_async(
                subscription_id, {"cancel_at_period_end": True}
            )
            quick = await fetch_snapshot(
                till.runtime, till.provider, Subject("subscription", subscription_id)
            )
            assert isinstance(quick, Snapshot)
            async with till.runtime.begin(SERVICE) as uow:
                await take_over(uow, quick)

    provider: Any = Disturbed(till.provider, after=overtaken)
    await apply_webhook(till.runtime, provider, slow)
    (mirror,) = await till.rows("SELECT cancel_at FROM billing.subscription")
    assert mirror["cancel_at"] is not None
    assert (await one(till, slow))["state"] == "handled"


async def test_one_look_is_enough_for_all_that_had_arrived_before_it(till: Till) -> None:
    await paid_and_delivered(till)
    looks: list[str] = []

    async def look(method: str) -> None:
        looks.append(method)

    provider: Any = Disturbed(till.provider, before=look)
    before = await received(till)
    await apply_webhook(till.runtime, provider, await invoice_paid(till))
    assert looks == ["invoice", "subscription"]
    assert len(before) > 4
    rows = await till.rows("SELECT type FROM billing.webhook_event WHERE state = 'received'")
    others = {"checkout.session.completed", "payment_method.attached"}
    assert {row["type"] for row in rows} == others
    await till.settle()
    assert await till.broken() == []
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_what_arrives_while_it_looks_is_looked_at_again(till: Till) -> None:
    purchase = await till.subscribe()
    subscription_id = await till.subscription_id(purchase)
    await till.stripe.v1.subscriptions.update_async(subscription_id, {"metadata": {"n": "1"}})
    await till.deliver()
    (first,) = await received(till)

    async def told_meanwhile(method: str) -> None:
        await till.stripe.v1.subscriptions.update_async(
            subscription_id, {"cancel_at_period_end": True}
        )
        await till.deliver()

    provider: Any = Disturbed(till.provider, after=told_meanwhile)
    await apply_webhook(till.runtime, provider, first)
    (second,) = await received(till)
    assert second != first
    await till.settle()
    (mirror,) = await till.rows("SELECT cancel_at FROM billing.subscription")
    assert mirror["cancel_at"] is not None


async def test_a_failing_event_is_tried_less_and_less_often_and_then_dead(till: Till) -> None:
    await paid_and_delivered(till)
    event_id = await invoice_paid(till)

    async def down(_: str) -> None:
        raise Unavailable("The payment provider cannot be reached now.")

    provider: Any = Disturbed(till.provider, before=down)
    for delay in RETRY_DELAYS:
        await apply_webhook(till.runtime, provider, event_id)
        row = await one(till, event_id)
        assert (row["state"], row["due_at"]) == ("received", till.clock.now() + delay)
        assert "cannot be reached" in row["note"]
        till.clock.advance(delay)
    await apply_webhook(till.runtime, provider, event_id)
    row = await one(till, event_id)
    assert (row["state"], row["attempts"]) == ("dead", len(RETRY_DELAYS) + 1)
    assert "Traceback" in row["note"]

    # A person has it tried again when the provider is back.
    async with till.runtime.begin(SERVICE) as uow:
        await replay_event(uow, event_id)
    await till.settle()
    assert (await one(till, event_id))["state"] == "handled"
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_a_sweep_takes_up_what_lost_its_job_and_only_that(till: Till) -> None:
    await paid_and_delivered(till)
    waiting = await received(till)
    await till.rows("DELETE FROM jobs.procrastinate_jobs RETURNING 1")
    async with till.runtime.begin(SERVICE) as uow:
        assert await sweep_webhooks(uow) == 0
    await till.advance(minutes=5)
    assert await received(till) == []
    assert len(waiting) > 1
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_two_jobs_for_one_event_apply_it_once(till: Till) -> None:
    await paid_and_delivered(till)
    event_id = await invoice_paid(till)

    async def overtaken(method: str) -> None:
        if method == "subscription":
            await apply_webhook(till.runtime, till.provider, event_id)
            till.clock.advance(timedelta(seconds=1))

    handled_at = till.clock.now()
    provider: Any = Disturbed(till.provider, after=overtaken)
    await apply_webhook(till.runtime, provider, event_id)
    assert (await one(till, event_id))["handled_at"] == handled_at
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_events_of_somebody_elses_subscription_are_ignored(till: Till) -> None:
    session = await till.stripe.v1.checkout.sessions.create_async(
        {
            "mode": "subscription",
            "success_url": "http://127.0.0.1/",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "eur",
                        "unit_amount": 500,
                        "product_data": {"name": "Another shop's"},
                        "recurring": {"interval": "month"},
                    },
                }
            ],
        }
    )
    await till.client.post(str(session.url), data={"card": "4242424242424242"})
    await till.settle()
    notes = await till.rows("SELECT state, note FROM billing.webhook_event WHERE type LIKE 'inv%'")
    assert {row["state"] for row in notes} == {"ignored"}
    assert all("is not ours" in row["note"] for row in notes)


async def test_replaying_a_handled_event_says_nothing_new(till: Till) -> None:
    await till.subscribe()
    before = await till.events()
    async with till.runtime.read(SERVICE) as connection:
        kept = await list_events(connection, state="handled")
    async with till.runtime.begin(SERVICE) as uow:
        for each in kept:
            await replay_event(uow, each.id)
    await till.settle()
    assert await till.events() == before
    assert await received(till) == []


async def test_an_unknown_event_cannot_be_replayed(till: Till) -> None:
    with pytest.raises(NotFound):
        async with till.runtime.begin(SERVICE) as uow:
            await replay_event(uow, new_id())


async def test_events_are_listed_newest_first_by_state(till: Till) -> None:
    await paid_and_delivered(till)
    till.clock.advance(timedelta(seconds=1))
    async with till.runtime.read(SERVICE) as connection:
        everything = await list_events(connection)
        waiting = await list_events(connection, state="received", limit=2)
    assert [each.received_at for each in everything] == sorted(
        (each.received_at for each in everything), reverse=True
    )
    assert [each.state for each in waiting] == ["received", "received"]
