"""The turn of a period: which time comes next, and what is charged for it."""

from gymhopper.sandbox.stripe.billing import drafting, redeeming
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.subscription import interval, period, with_period
from gymhopper.sandbox.stripe.periods import period_from
from gymhopper.sandbox.stripe.storage.store import Store


async def turn(store: Store, subscription: Object) -> tuple[Object, Object]:
    """Begin the next period; returns the subscription and the draft that pays for it."""
    start, end = period(subscription)
    return await begin_period(
        store, subscription, end, reason="subscription_cycle", billed_period=(start, end)
    )


async def begin_period(
    store: Store,
    subscription: Object,
    start: int,
    *,
    reason: str,
    billed_period: tuple[int, int],
    changes: Object | None = None,
    trial_until: int | None = None,
) -> tuple[Object, Object]:
    """The subscription, with these changes, in a period from `start`, and the draft for it.

    The period that holds a planned end is charged only up to there.
    """
    subscription = {**subscription, **(changes or {})}
    end, whole = period_from(subscription["billing_cycle_anchor"], interval(subscription), start)
    end = trial_until or end
    if subscription["cancel_at_period_end"]:
        changes = {**(changes or {}), "cancel_at": end}
        subscription = {**subscription, "cancel_at": end}
    customer = await store.get("customer", subscription["customer"], param="customer")
    moved = with_period(subscription, start, end)
    key = object_id("in")
    until = paid_until(subscription, start, end)
    lines = await drafting.period_lines(
        store,
        key,
        moved["data"],
        period=(start, until),
        whole=whole,
        trial=trial_until is not None,
    )
    drafted = await drafting.draft(
        store,
        customer,
        lines,
        drafting.Head(key, subscription["currency"], reason, billed_period),
        subscription=subscription,
        discounts=await redeeming.in_force(store, subscription["discounts"]),
    )
    before = await store.get("subscription", subscription["id"], param="subscription")
    left = await redeeming.still_to_use(store, subscription["discounts"], drafted)
    status = "trialing" if trial_until is not None else subscription["status"]
    subscription = await store.update(
        before,
        {
            **(changes or {}),
            "items": moved,
            "latest_invoice": key,
            "discounts": left,
            "status": "active" if status == "trialing" and trial_until is None else status,
        },
        "customer.subscription.updated",
    )
    await drafting.remember(store, subscription["id"], drafted)
    return subscription, drafted


def paid_until(subscription: Object, start: int, end: int) -> int:
    """The end of what is charged of a period: its own, or the planned end of the subscription."""
    planned = subscription["cancel_at"]
    return planned if planned is not None and start < planned < end else end
