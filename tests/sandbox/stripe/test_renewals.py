"""Months of a subscription's life, as the platform's clock moves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from gymhopper.kernel.clock import ManualClock
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from sandbox.stripe.harness import MONTHLY, Sandbox


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


async def _fresh(sandbox: Sandbox, subscription: stripe.Subscription) -> stripe.Subscription:
    return await sandbox.client.v1.subscriptions.retrieve_async(subscription.id)


async def _invoices(sandbox: Sandbox, subscription: stripe.Subscription) -> list[stripe.Invoice]:
    """Oldest first."""
    page = await sandbox.client.v1.invoices.list_async({"subscription": subscription.id})
    return [each async for each in page.auto_paging_iter()][::-1]


async def _failing(sandbox: Sandbox, **changes: Any) -> stripe.Subscription:
    subscription = await sandbox.subscribe(**changes)
    await sandbox.use_card(subscription, "pm_card_chargeCustomerFail")
    return subscription


class TestFromTheThirtyFirst:
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(datetime(2026, 1, 31, 9, 30, tzinfo=UTC))

    async def test_the_anchor_never_drifts_and_a_long_jump_is_caught_up_in_order(
        self, sandbox: Sandbox
    ) -> None:
        subscription = await sandbox.subscribe()
        await sandbox.deliver()
        sandbox.clock.advance(timedelta(days=125))
        await sandbox.bill()
        invoices = await _invoices(sandbox, subscription)
        assert [_day(each.created) for each in invoices] == [
            "2026-01-31 09:30",
            "2026-02-28 09:30",
            "2026-03-31 09:30",
            "2026-04-30 09:30",
            "2026-05-31 09:30",
        ]
        assert [_day(each.lines.data[0].period.end) for each in invoices] == [
            "2026-02-28 09:30",
            "2026-03-31 09:30",
            "2026-04-30 09:30",
            "2026-05-31 09:30",
            "2026-06-30 09:30",
        ]
        # The invoice's own period looks back, its lines look ahead.
        assert _day(invoices[1].period_end) == _day(invoices[1].lines.data[0].period.start)
        created = [event["created"] for event in await sandbox.deliver()]
        assert created == sorted(created)
        charges = await sandbox.client.v1.charges.list_async()
        assert len(charges.data) == 5


async def test_a_renewal_tells_its_story_in_events(sandbox: Sandbox) -> None:
    subscription = await sandbox.subscribe()
    await sandbox.deliver()
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    events = await sandbox.deliver()
    assert [event["type"] for event in events] == [
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    item = subscription["items"].data[0]
    before = events[1]["data"]["previous_attributes"]
    assert before["items"]["data"][0]["current_period_end"] == item.current_period_end
    assert before["latest_invoice"] == subscription.latest_invoice
    assert events[1]["created"] == item.current_period_end
    assert events[1]["request"] == {"id": None, "idempotency_key": None}


async def test_a_failed_renewal_is_retried_and_then_canceled(sandbox: Sandbox) -> None:
    subscription = await _failing(sandbox)
    end = subscription["items"].data[0].current_period_end
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    assert (await _fresh(sandbox, subscription)).status == "past_due"
    owed = (await _invoices(sandbox, subscription))[-1]
    assert (owed.status, owed.attempt_count, owed.amount_remaining) == ("open", 1, 2990)
    for attempts, day in ((2, 1), (3, 4)):
        assert owed.next_payment_attempt == end + day * 86_400
        sandbox.clock.advance(timedelta(days=1 if day == 1 else 3))
        await sandbox.bill()
        owed = (await _invoices(sandbox, subscription))[-1]
        assert (owed.status, owed.attempt_count) == ("open", attempts)
        assert (await _fresh(sandbox, subscription)).status == "past_due"
    sandbox.clock.advance(timedelta(days=5))
    await sandbox.bill()
    ended = await _fresh(sandbox, subscription)
    assert (ended.status, ended.ended_at) == ("canceled", end + 9 * 86_400)
    assert ended.cancellation_details is not None
    assert ended.cancellation_details.reason == "payment_failed"
    owed = (await _invoices(sandbox, subscription))[-1]
    assert (owed.status, owed.attempt_count, owed.next_payment_attempt) == ("open", 4, None)
    events = [event["type"] for event in await sandbox.deliver()]
    assert events.count("invoice.payment_failed") == 4
    assert events.count("customer.subscription.deleted") == 1


@pytest.mark.parametrize("then", ["unpaid", "past_due"])
async def test_what_follows_the_last_try_is_settable(sandbox: Sandbox, then: Any) -> None:
    subscription = await _failing(sandbox)
    sandbox.recovery = Recovery((2,), then)
    sandbox.clock.advance(timedelta(days=70))
    await sandbox.bill()
    assert (await _fresh(sandbox, subscription)).status == then
    statuses = [each.status for each in await _invoices(sandbox, subscription)]
    assert statuses == ["paid", "open", "draft" if then == "unpaid" else "open"]


async def test_a_new_card_is_tried_at_the_next_retry(sandbox: Sandbox) -> None:
    subscription = await _failing(sandbox)
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    await sandbox.use_card(subscription, "pm_card_visa")
    sandbox.clock.advance(timedelta(days=1))
    await sandbox.bill()
    assert (await _fresh(sandbox, subscription)).status == "active"
    paid = (await _invoices(sandbox, subscription))[-1]
    assert (paid.status, paid.attempt_count, paid.next_payment_attempt) == ("paid", 2, None)


async def test_paying_the_open_invoice_by_hand_ends_the_retries(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    subscription = await _failing(sandbox)
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    owed = (await _invoices(sandbox, subscription))[-1]
    with pytest.raises(stripe.CardError) as declined:
        await v1.invoices.pay_async(str(owed.id))
    assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    unchanged = await v1.invoices.retrieve_async(str(owed.id))
    assert (unchanged.attempt_count, unchanged.next_payment_attempt) == (
        1,
        owed.next_payment_attempt,
    )
    # The refusal was kept: the charge that failed is there.
    failed = [each.status for each in (await v1.charges.list_async()).data]
    assert failed == ["failed", "failed", "succeeded"]
    method = await v1.payment_methods.attach_async(
        "pm_card_visa", {"customer": str(subscription.customer)}
    )
    paid = await v1.invoices.pay_async(str(owed.id), {"payment_method": method.id})
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    assert (await _fresh(sandbox, subscription)).status == "active"
    sandbox.clock.advance(timedelta(days=10))
    assert await sandbox.bill() == 0
    again = pytest.raises(stripe.InvalidRequestError)
    with again as refused:
        await v1.invoices.pay_async(str(owed.id))
    assert refused.value.code == "invoice_already_paid"


async def test_paying_an_old_invoice_does_not_hide_a_newer_one(sandbox: Sandbox) -> None:
    subscription = await _failing(sandbox)
    sandbox.recovery = Recovery((), "past_due")
    sandbox.clock.advance(timedelta(days=62))
    await sandbox.bill()
    _, older, newer = await _invoices(sandbox, subscription)
    await sandbox.use_card(subscription, "pm_card_visa")
    await sandbox.client.v1.invoices.pay_async(str(older.id))
    assert (await _fresh(sandbox, subscription)).status == "past_due"
    await sandbox.client.v1.invoices.pay_async(str(newer.id))
    assert (await _fresh(sandbox, subscription)).status == "active"


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("keep_as_draft", "draft"), ("mark_uncollectible", "uncollectible")],
)
async def test_paused_collection_charges_nothing_and_stays_active(
    sandbox: Sandbox, behavior: Any, status: str
) -> None:
    v1 = sandbox.client.v1
    subscription = await sandbox.subscribe()
    await v1.subscriptions.update_async(
        subscription.id, {"pause_collection": {"behavior": behavior}}
    )
    sandbox.clock.advance(timedelta(days=40))
    await sandbox.bill()
    paused = await _fresh(sandbox, subscription)
    assert paused.status == "active"
    assert paused.pause_collection is not None
    assert [each.status for each in await _invoices(sandbox, subscription)] == ["paid", status]
    await v1.subscriptions.update_async(subscription.id, {"metadata": {"a": "b"}})
    assert (await _fresh(sandbox, subscription)).pause_collection is not None
    resumed = await v1.subscriptions.update_async(subscription.id, {"pause_collection": ""})
    assert resumed.pause_collection is None
    sandbox.clock.advance(timedelta(days=30))
    await sandbox.bill()
    assert (await _invoices(sandbox, subscription))[-1].status == "paid"
    assert len((await v1.charges.list_async()).data) == 2


async def test_a_pause_ends_by_itself_before_a_renewal_of_the_same_second(
    sandbox: Sandbox,
) -> None:
    subscription = await sandbox.subscribe()
    end = subscription["items"].data[0].current_period_end
    await sandbox.client.v1.subscriptions.update_async(
        subscription.id, {"pause_collection": {"behavior": "void", "resumes_at": end}}
    )
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    assert [each.status for each in await _invoices(sandbox, subscription)] == ["paid", "paid"]


async def test_a_cancellation_at_the_period_end_ends_without_another_invoice(
    sandbox: Sandbox,
) -> None:
    v1 = sandbox.client.v1
    subscription = await sandbox.subscribe()
    end = subscription["items"].data[0].current_period_end
    await sandbox.deliver()
    planned = await v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})
    assert (planned.status, planned.cancel_at, planned.cancel_at_period_end) == (
        "active",
        end,
        True,
    )
    updated = (await sandbox.deliver())[0]
    assert set(updated["data"]["previous_attributes"]) == {
        "cancel_at",
        "cancel_at_period_end",
        "canceled_at",
        "cancellation_details",
    }
    sandbox.clock.advance(timedelta(days=365))
    await sandbox.bill()
    ended = await _fresh(sandbox, subscription)
    assert (ended.status, ended.ended_at) == ("canceled", end)
    assert len(await _invoices(sandbox, subscription)) == 1
    assert [each["type"] for each in await sandbox.deliver()] == ["customer.subscription.deleted"]


@pytest.mark.parametrize("undo", [{"cancel_at_period_end": False}, {"cancel_at": ""}])
async def test_a_planned_end_can_be_taken_back(sandbox: Sandbox, undo: Any) -> None:
    v1 = sandbox.client.v1
    subscription = await sandbox.subscribe()
    end = subscription["items"].data[0].current_period_end
    await v1.subscriptions.update_async(subscription.id, {"cancel_at": end})
    undone = await v1.subscriptions.update_async(subscription.id, undo)
    assert (undone.cancel_at, undone.canceled_at, undone.cancel_at_period_end) == (
        None,
        None,
        False,
    )
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    assert (await _fresh(sandbox, subscription)).status == "active"


async def test_an_end_months_ahead_comes_after_the_renewals_before_it(sandbox: Sandbox) -> None:
    subscription = await sandbox.subscribe()
    end = int((sandbox.clock.now() + timedelta(days=61)).timestamp())  # 2 March to 2 May
    await sandbox.client.v1.subscriptions.update_async(subscription.id, {"cancel_at": end})
    sandbox.clock.advance(timedelta(days=100))
    await sandbox.bill()
    ended = await _fresh(sandbox, subscription)
    assert (ended.status, ended.ended_at, ended.cancel_at) == ("canceled", end, end)
    assert len(await _invoices(sandbox, subscription)) == 2


async def test_an_end_within_a_period_ends_there(sandbox: Sandbox) -> None:
    update = sandbox.client.v1.subscriptions.update_async
    subscription = await sandbox.subscribe()
    at = int((sandbox.clock.now() + timedelta(days=10)).timestamp())
    await update(subscription.id, {"cancel_at": at, "proration_behavior": "none"})
    sandbox.clock.advance(timedelta(days=11))
    await sandbox.bill()
    assert (await _fresh(sandbox, subscription)).ended_at == at


async def test_canceling_now_stops_everything(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    subscription = await _failing(sandbox)
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    canceled = await v1.subscriptions.cancel_async(
        subscription.id, {"cancellation_details": {"comment": "moved away"}}
    )
    now = int(sandbox.clock.now().timestamp())
    assert (canceled.status, canceled.ended_at, canceled.canceled_at) == ("canceled", now, now)
    assert canceled.cancellation_details is not None
    assert canceled.cancellation_details.comment == "moved away"
    sandbox.clock.advance(timedelta(days=90))
    assert await sandbox.bill() == 0
    assert [each.status for each in await _invoices(sandbox, subscription)] == ["paid", "open"]
    with pytest.raises(stripe.InvalidRequestError) as again:
        await v1.subscriptions.cancel_async(subscription.id)
    assert again.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError):
        await v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})


async def test_a_change_comes_after_what_was_already_due(sandbox: Sandbox) -> None:
    subscription = await sandbox.subscribe()
    sandbox.clock.advance(timedelta(days=45))
    canceled = await sandbox.client.v1.subscriptions.cancel_async(subscription.id)
    assert canceled.ended_at == int(sandbox.clock.now().timestamp())
    assert len(await _invoices(sandbox, subscription)) == 2


async def test_two_items_renew_on_one_invoice(sandbox: Sandbox) -> None:
    extra = {**MONTHLY, "unit_amount": 500, "product_data": {"name": "Towels"}}
    subscription = await sandbox.subscribe(
        line_items=[{"price_data": MONTHLY}, {"price_data": extra, "quantity": 2}]
    )
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    renewed = (await _invoices(sandbox, subscription))[-1]
    assert renewed.total == sum(line.amount for line in renewed.lines.data) == 3990
