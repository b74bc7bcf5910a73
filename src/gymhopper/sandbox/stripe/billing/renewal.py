"""What the passing of time does to subscriptions: renewals, retries, planned ends."""

from dataclasses import dataclass
from typing import Literal

from gymhopper.sandbox.stripe.billing import invoicing
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.invoice import subscription_line
from gymhopper.sandbox.stripe.objects.subscription import interval, period, with_period
from gymhopper.sandbox.stripe.periods import next_boundary
from gymhopper.sandbox.stripe.storage.store import Store

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Recovery:
    """Days from each failed try to the next, and what follows the last."""

    retry_days: tuple[int, ...] = (1, 3, 5)
    then: Literal["cancel", "unpaid", "past_due"] = "cancel"


async def plan_renewal(store: Store, subscription: Object) -> None:
    """Have the subscription renew when its present period ends."""
    key = subscription["id"]
    await store.plan(key, key, "renew", period(subscription)[1])


async def renew(store: Store, subscription: Object, recovery: Recovery) -> None:
    """Begin the next period and collect for it, unless collection is paused."""
    start, end = period(subscription)
    until = next_boundary(subscription["billing_cycle_anchor"], interval(subscription), end)
    key = object_id("in")
    moved = with_period(subscription, end, until)
    lines = [
        subscription_line(
            key,
            item,
            period=(end, until),
            product_name=(await store.get("product", item["price"]["product"], param="product"))[
                "name"
            ],
        )
        for item in moved["data"]
    ]
    billed = await invoicing.draft(
        store, key, subscription, lines, reason="subscription_cycle", period=(start, end)
    )
    subscription = await store.update(
        subscription, {"items": moved, "latest_invoice": key}, "customer.subscription.updated"
    )
    await plan_renewal(store, subscription)
    pause = subscription["pause_collection"]
    if pause is not None:
        await _skip(store, billed, pause["behavior"])
    elif subscription["status"] == "unpaid":
        # Stripe leaves the invoices of an unpaid subscription as drafts that nobody collects.
        await invoicing.stop_collection(store, billed)
    else:
        billed = await invoicing.finalize(store, billed)
        await collect(store, billed, recovery)


async def _skip(store: Store, billed: Object, behavior: str) -> None:
    if behavior == "keep_as_draft":
        await invoicing.stop_collection(store, billed)
        return
    billed = await invoicing.finalize(store, billed)
    if behavior == "void":
        await invoicing.void(store, billed)
    else:
        await invoicing.mark_uncollectible(store, billed)


async def collect(store: Store, billed: Object, recovery: Recovery) -> None:
    """Try to collect by itself; a failure plans the next try or ends the recovery."""
    method = await invoicing.default_method(store, billed)
    billed, tried = await invoicing.collect(store, billed, method, customer_present=False)
    if tried is not None and not tried.paid:
        await _failed(store, billed, recovery)
    await follow_invoice(store, billed)


async def retry(store: Store, billed: Object, recovery: Recovery) -> None:
    """A planned try; nothing happens when the invoice is no longer open."""
    if billed["status"] == "open":
        await collect(store, billed, recovery)


async def _failed(store: Store, billed: Object, recovery: Recovery) -> None:
    tries = billed["attempt_count"] - 1
    last = tries >= len(recovery.retry_days)
    due = None if last else store.now + recovery.retry_days[tries] * _DAY
    billed = await store.update(billed, {"next_payment_attempt": due}, "invoice.updated")
    await store.emit("invoice.payment_failed", billed)
    owner = billed["parent"]["subscription_details"]["subscription"]
    if due is not None:
        await store.plan(owner, billed["id"], "retry", due)
        return
    subscription = await store.get("subscription", owner, param="subscription")
    if recovery.then == "cancel":
        await cancel(store, subscription, reason="payment_failed")
    elif recovery.then == "unpaid":
        await store.update(subscription, {"status": "unpaid"}, "customer.subscription.updated")


async def follow_invoice(store: Store, billed: Object) -> None:
    """Bring the subscription's status in line with its latest invoice."""
    owner = billed["parent"]["subscription_details"]["subscription"]
    subscription = await store.get("subscription", owner, param="subscription")
    if subscription["latest_invoice"] != billed["id"] or subscription["status"] == "canceled":
        return
    if billed["status"] == "paid":
        status = "active"
    elif billed["status"] == "open" and subscription["status"] == "active":
        status = "past_due"
    else:
        return
    await store.update(subscription, {"status": status}, "customer.subscription.updated")


async def cancel(
    store: Store,
    subscription: Object,
    *,
    reason: Literal["cancellation_requested", "payment_failed"],
) -> Object:
    """End the subscription now; what it still owes is not collected by itself any more."""
    await store.unplan_all(subscription["id"])
    owed = await store.page(
        "invoice",
        {"subscription": subscription["id"], "statuses": ["draft", "open"]},
        limit=1000,
    )
    for billed in owed.data:
        await invoicing.stop_collection(store, billed)
    return await store.update(
        subscription,
        {
            "status": "canceled",
            "canceled_at": subscription["canceled_at"] or store.now,
            "ended_at": store.now,
            "cancellation_details": {**subscription["cancellation_details"], "reason": reason},
        },
        "customer.subscription.deleted",
    )


async def resume(store: Store, subscription: Object) -> Object:
    """Collect again from the next renewal on."""
    await store.unplan(subscription["id"], "resume")
    return await store.update(
        subscription, {"pause_collection": None}, "customer.subscription.updated"
    )
