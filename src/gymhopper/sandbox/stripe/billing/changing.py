"""How a running subscription changes: items, quantities, interval, anchor, trial, planned end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from gymhopper.sandbox.stripe.billing import cycle, drafting, redeeming
from gymhopper.sandbox.stripe.billing.prorating import Prorations
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.subscription import interval, period
from gymhopper.sandbox.stripe.storage.store import Store

Behavior = Literal["always_invoice", "create_prorations", "none"]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a subscription.

    `items` are all that it has afterwards; `trial_end` is the store's present time to end a trial
    now; `cut` is the planned end when it lies within the present period, or the period's end when
    such an end is taken back; `others` are attributes that cost nothing.
    """

    items: Sequence[Object] | None = None
    behavior: Behavior = "create_prorations"
    proration_date: int | None = None
    anchor_now: bool = False
    trial_end: int | None = None
    cut: int | None = None
    others: Object = field(default_factory=dict)


async def change(store: Store, before: Object, wanted: Change) -> tuple[Object, Object | None]:
    """The subscription after the change, and the draft that has to be collected for it now."""
    at = _proration_date(store, before, wanted)
    items = list(wanted.items if wanted.items is not None else before["items"]["data"])
    after = {**before, **wanted.others, "items": {**before["items"], "data": items}}
    fresh = _begins_a_cycle(store, before, after, wanted)
    prorations = await Prorations.of(store, {**before, "discounts": after["discounts"]})
    await _take_back(prorations, before, after, at, fresh=fresh, prorates=wanted.behavior != "none")
    if fresh:
        await prorations.keep()
        return await _new_cycle(store, before, after, wanted)
    if wanted.behavior != "none" and before["status"] != "trialing":
        await prorations.charge(_changed(before, after), items, at)
        if wanted.cut is not None:
            await _move_end(prorations, after, wanted.cut)
    await prorations.keep()
    changes = {**wanted.others, "items": after["items"]}
    if wanted.behavior == "always_invoice" and prorations.made:
        drafted = await draft_now(store, after, prorations.customer)
        changes["latest_invoice"] = drafted["id"]
    else:
        drafted = None
    done = await store.update(before, changes, "customer.subscription.updated")
    return done, drafted


def _proration_date(store: Store, before: Object, wanted: Change) -> int:
    start, end = period(before)
    at = store.now if wanted.proration_date is None else wanted.proration_date
    if wanted.proration_date is not None and not start <= at <= end:
        raise InvalidRequest(
            "Invalid proration date: it must be within the current billing period.",
            param="proration_date",
        )
    return at


def _begins_a_cycle(store: Store, before: Object, after: Object, wanted: Change) -> bool:
    trialing = before["status"] == "trialing"
    if wanted.trial_end is not None:
        return trialing or wanted.trial_end > store.now
    return wanted.anchor_now or (interval(before) != interval(after) and not trialing)


def _changed(before: Object, after: Object) -> list[Object]:
    """The items of `after` that are new, or cost something else than before."""
    known = {each["id"]: each for each in before["items"]["data"]}
    return [
        each
        for each in after["items"]["data"]
        if each["id"] not in known or _terms(each) != _terms(known[each["id"]])
    ]


def _terms(item: Object) -> tuple[str, int]:
    return item["price"]["id"], item["quantity"]


async def _take_back(
    prorations: Prorations, before: Object, after: Object, at: int, *, fresh: bool, prorates: bool
) -> None:
    """Credit the unused time of every item that goes or changes, or of all for a new cycle."""
    kept = {each["id"] for each in after["items"]["data"]}
    changed = {each["id"] for each in _changed(before, after)}
    for item in before["items"]["data"]:
        gone = item["id"] not in kept
        if prorates and (fresh or gone or item["id"] in changed):
            await prorations.give_back(item, at)
        elif gone or fresh:
            prorations.billed.pop(item["id"], None)


async def _move_end(prorations: Prorations, after: Object, cut: int) -> None:
    prorations.subscription = {**prorations.subscription, "items": after["items"]}
    for item in after["items"]["data"]:
        await prorations.give_back(item, cut, until=cut)
    await prorations.extend(cut)


async def _new_cycle(
    store: Store, before: Object, after: Object, wanted: Change
) -> tuple[Object, Object]:
    trial = wanted.trial_end if (wanted.trial_end or 0) > store.now else None
    changes = {
        **wanted.others,
        "billing_cycle_anchor": trial or store.now,
        "items": after["items"],
    }
    if trial is not None:
        changes |= {"trial_end": trial, "trial_start": before["trial_start"] or store.now}
    elif before["status"] == "trialing":
        changes["trial_end"] = store.now
    return await cycle.begin_period(
        store,
        before,
        store.now,
        reason="subscription_update",
        billed_period=(period(before)[0], store.now),
        changes=changes,
        trial_until=trial,
    )


async def draft_now(store: Store, subscription: Object, customer: Object) -> Object:
    """A draft over what is pending, apart from the cycle."""
    drafted = await drafting.draft(
        store,
        customer,
        [],
        drafting.Head(
            object_id("in"),
            subscription["currency"],
            "subscription_update",
            (store.now, store.now),
        ),
        subscription=subscription,
        discounts=await redeeming.in_force(store, subscription["discounts"]),
    )
    await drafting.remember(store, subscription["id"], drafted)
    return drafted


async def end_now(
    store: Store, subscription: Object, *, prorates: bool, invoices: bool
) -> Object | None:
    """What is left to bill when the subscription ends now: credits for unused time if it
    `prorates`, and a last draft over all that is pending if it `invoices`."""
    prorations = await Prorations.of(store, subscription)
    if prorates:
        for item in subscription["items"]["data"]:
            await prorations.give_back(item, store.now)
        await prorations.keep()
    currency = subscription["currency"]
    if not invoices or not await drafting.pending_items(
        store, prorations.customer, subscription, currency
    ):
        return None
    return await draft_now(store, subscription, prorations.customer)
