"""What the passing of time does to subscriptions: renewals, retries, planned ends."""

from dataclasses import dataclass
from typing import Literal

from gymhopper.sandbox.stripe.billing import cycle, invoicing
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.invoice import subscription_of
from gymhopper.sandbox.stripe.objects.subscription import period
from gymhopper.sandbox.stripe.storage.store import Store

_DAY = 86_400
_HOUR = 3600
_WARNED = 3 * _DAY
_TO_COMPLETE = 23 * _HOUR


@dataclass(frozen=True, slots=True)
class Recovery:
    """Days from each failed try to the next, and what follows the last."""

    retry_days: tuple[int, ...] = (1, 3, 5)
    then: Literal["cancel", "unpaid", "past_due"] = "cancel"


async def plan(store: Store, subscription: Object, *, warns: bool = True) -> None:
    """Have done when it is due what the subscription's state asks for: the renewal, the warning
    before a trial's end, the lapse of what is never paid for the first time, the planned end."""
    key, status = subscription["id"], subscription["status"]
    if status != "paused":
        await store.plan(key, key, "renew", period(subscription)[1])
    await store.unplan(key, "lapse", "cancel", *(["warn"] if warns else []))
    if status == "trialing" and warns:
        await store.plan(key, key, "warn", max(subscription["trial_end"] - _WARNED, store.now))
    if status == "incomplete":
        await store.plan(key, key, "lapse", subscription["created"] + _TO_COMPLETE)
    if subscription["cancel_at"] is not None:
        await store.plan(key, key, "cancel", subscription["cancel_at"])


async def renew(store: Store, subscription: Object, recovery: Recovery) -> None:
    """Begin the next period and collect for it, unless collection is paused."""
    if subscription["status"] == "trialing" and not await _can_pay(store, subscription):
        behavior = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
        if behavior == "cancel":
            await cancel(store, subscription, reason="payment_failed")
            return
        if behavior == "pause":
            await _pause(store, subscription)
            return
    subscription, billed = await cycle.turn(store, subscription)
    await plan(store, subscription)
    await settle(store, subscription, billed, recovery)


async def settle(store: Store, subscription: Object, billed: Object, recovery: Recovery) -> None:
    """Bring a draft of a running subscription to its end: collected, or left as its pause says."""
    pause = subscription["pause_collection"]
    if pause is not None:
        await _skip(store, billed, pause["behavior"])
    elif subscription["status"] == "unpaid":
        # Stripe leaves the invoices of an unpaid subscription as drafts that nobody collects.
        await invoicing.stop_collection(store, billed)
    else:
        billed = await invoicing.finalize(store, billed)
        await collect(store, billed, recovery)


async def _can_pay(store: Store, subscription: Object) -> bool:
    customer = await store.get("customer", subscription["customer"], param="customer")
    default = customer["invoice_settings"]["default_payment_method"]
    return (subscription["default_payment_method"] or default) is not None


async def _pause(store: Store, subscription: Object) -> None:
    """A trial ended and nobody knows how it is to be paid: nothing happens until it is resumed."""
    await store.unplan_all(subscription["id"])
    subscription = await store.update(
        subscription, {"status": "paused"}, "customer.subscription.updated"
    )
    await store.emit("customer.subscription.paused", subscription)


async def warn(store: Store, subscription: Object) -> None:
    """The trial ends in three days, or sooner if it is that short."""
    await store.emit("customer.subscription.trial_will_end", subscription)


async def lapse(store: Store, subscription: Object) -> Object:
    """The first invoice was never paid: the subscription has not begun and never will."""
    await store.unplan_all(subscription["id"])
    billed = await store.get("invoice", subscription["latest_invoice"], param="invoice")
    if billed["status"] == "open":
        await invoicing.void(store, billed)
    return await store.update(
        subscription,
        {"status": "incomplete_expired", "ended_at": store.now},
        "customer.subscription.updated",
    )


async def _skip(store: Store, billed: Object, behavior: str) -> None:
    if behavior == "keep_as_draft":
        await invoicing.stop_collection(store, billed)
        return
    billed = await invoicing.finalize(store, billed, collected=False)
    if billed["amount_remaining"] == 0:
        await invoicing.mark_paid(store, billed)
    elif behavior == "void":
        await invoicing.void(store, billed)
    else:
        await invoicing.mark_uncollectible(store, billed)


async def collect(store: Store, billed: Object, recovery: Recovery) -> Object:
    """Try to collect by itself; a failure plans the next try or ends the recovery."""
    method = await invoicing.default_method(store, billed)
    billed, _ = await invoicing.collect(store, billed, method, customer_present=False)
    if billed["status"] == "open":
        billed = await _failed(store, billed, recovery)
    await follow_invoice(store, billed)
    return billed


async def retry(store: Store, billed: Object, recovery: Recovery) -> None:
    """A planned try; nothing happens when the invoice is no longer open."""
    if billed["status"] == "open":
        await collect(store, billed, recovery)


async def _failed(store: Store, billed: Object, recovery: Recovery) -> Object:
    tries = billed["attempt_count"] - 1
    last = tries >= len(recovery.retry_days)
    due = None if last else store.now + recovery.retry_days[tries] * _DAY
    billed = await store.update(billed, {"next_payment_attempt": due}, "invoice.updated")
    await store.emit("invoice.payment_failed", billed)
    owner = subscription_of(billed)
    if due is not None:
        await store.plan(owner or billed["id"], billed["id"], "retry", due)
        return billed
    if owner is None:
        return billed
    subscription = await store.get("subscription", owner, param="subscription")
    if recovery.then == "cancel":
        await cancel(store, subscription, reason="payment_failed")
    elif recovery.then == "unpaid":
        await store.update(subscription, {"status": "unpaid"}, "customer.subscription.updated")
    return billed


async def follow_invoice(store: Store, billed: Object) -> None:
    """Bring the subscription's status in line with its latest invoice."""
    owner = subscription_of(billed)
    if owner is None:
        return
    subscription = await store.get("subscription", owner, param="subscription")
    if subscription["latest_invoice"] != billed["id"]:
        return
    status = _status_after(subscription["status"], billed["status"])
    if status == "incomplete_expired":
        await lapse(store, subscription)
        return
    resumed = subscription["status"] == "paused"
    changes = {"status": status, **await _kept_method(store, subscription, billed)}
    after = await store.update(subscription, changes, "customer.subscription.updated")
    if after is subscription:
        return
    await store.unplan(owner, "lapse")
    if resumed:
        await store.emit("customer.subscription.resumed", after)


async def _kept_method(store: Store, subscription: Object, billed: Object) -> Object:
    """What paid the invoice pays the later ones too, where the subscription's settings say so."""
    saves = subscription["payment_settings"]["save_default_payment_method"] == "on_subscription"
    payment = await invoicing.default_payment(store, billed) if saves else None
    if payment is None or payment["status"] != "paid":
        return {}
    key = payment["payment"]["payment_intent"]
    intent = await store.get("payment_intent", key, param="payment_intent")
    return {"default_payment_method": intent["payment_method"]}


def _status_after(status: str, billed: str) -> str:
    """Stripe's page "How subscriptions work", the table of statuses."""
    match status, billed:
        case "incomplete" | "past_due" | "unpaid" | "paused", "paid":
            return "active"
        case "active", "open":
            return "past_due"
        case "past_due" | "unpaid" | "paused", "uncollectible" | "void":
            return "active"
        case "incomplete", "void":
            return "incomplete_expired"
        case _:
            return status


async def cancel(
    store: Store,
    subscription: Object,
    *,
    reason: Literal["cancellation_requested", "payment_failed"],
) -> Object:
    """End the subscription now; what it still owes is not collected by itself any more."""
    if subscription["status"] == "incomplete":
        return await lapse(store, subscription)
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


async def cancel_as_planned(store: Store, subscription: Object) -> Object:
    """The planned end has come."""
    return await cancel(store, subscription, reason="cancellation_requested")


async def resume(store: Store, subscription: Object) -> Object:
    """Collect again from the next renewal on."""
    await store.unplan(subscription["id"], "resume")
    return await store.update(
        subscription, {"pause_collection": None}, "customer.subscription.updated"
    )
