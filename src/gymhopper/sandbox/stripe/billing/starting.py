"""How a subscription begins: its items, its first period or trial, its first invoice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gymhopper.sandbox.stripe.billing import drafting, invoicing, redeeming, renewal
from gymhopper.sandbox.stripe.billing.charging import Attempt
from gymhopper.sandbox.stripe.billing.cycle import paid_until
from gymhopper.sandbox.stripe.billing.redeeming import Wanted
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.line import one_time_line
from gymhopper.sandbox.stripe.objects.subscription import period, subscription, subscription_item
from gymhopper.sandbox.stripe.periods import Interval, period_from
from gymhopper.sandbox.stripe.storage.store import Store


@dataclass(frozen=True, slots=True)
class Sold:
    """A price and how much of it."""

    price: Object
    quantity: int = 1
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def amount(self) -> int:
        """In minor units, for a whole interval."""
        return int(self.price["unit_amount"]) * self.quantity


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a new subscription is to be. `extras` are paid once, with the first invoice, which also
    takes what is `pending` for the customer."""

    items: Sequence[Sold]
    extras: Sequence[Sold] = ()
    trial_end: int | None = None
    anchor: int | None = None
    prorates: bool = True
    discounts: Sequence[Wanted] = ()
    cancel_at: int | None = None
    pending: bool = True
    given: Mapping[str, Any] = field(default_factory=dict)


async def begin(store: Store, customer: Object, new: Beginning) -> tuple[Object, Object]:
    """The subscription, not yet announced, and the draft of its first invoice."""
    key, trial = object_id("sub"), new.trial_end is not None
    recurring = new.items[0].price["recurring"]
    every = Interval(recurring["interval"], recurring["interval_count"])
    anchor = new.anchor or new.trial_end or store.now
    end, whole = period_from(anchor, every, store.now)
    end = new.trial_end or end
    items = [
        subscription_item(
            key,
            each.price,
            each.quantity,
            created=store.now,
            period=(store.now, end),
            given={"metadata": dict(each.metadata)},
        )
        for each in new.items
    ]
    currency = new.items[0].price["currency"]
    at_period_end = new.given.get("cancel_at_period_end")
    planned = end if at_period_end else new.cancel_at
    discounts = await redeeming.redeem(
        store,
        new.discounts,
        customer,
        currency=currency,
        subscription=key,
        total=sum(each.amount for each in (*new.items, *new.extras)),
    )
    made = subscription(
        key,
        created=store.now,
        customer=customer,
        items=items,
        anchor=anchor,
        given={
            **new.given,
            "cancel_at": planned,
            "canceled_at": None if planned is None else store.now,
            "discounts": discounts,
            "status": "trialing" if trial else "incomplete",
            "trial_end": new.trial_end,
            "trial_start": store.now if trial else None,
        },
    )
    made = await store.insert(made, hidden={"billed": {}})
    drafted = await _first_draft(store, customer, made, new, whole)
    left = await redeeming.still_to_use(store, discounts, drafted)
    made = await store.update(made, {"latest_invoice": drafted["id"], "discounts": left})
    await drafting.remember(store, key, drafted)
    return made, drafted


async def _first_draft(
    store: Store, customer: Object, made: Object, new: Beginning, whole: int
) -> Object:
    key = object_id("in")
    start, end = period(made)
    until = paid_until(made, start, end)
    # A stub before the anchor that is not prorated is free.
    free = end - start < whole and not new.prorates
    lines = await drafting.period_lines(
        store,
        key,
        made["items"]["data"],
        period=(start, until),
        whole=whole,
        trial=new.trial_end is not None or free,
    )
    for extra in new.extras:
        line = one_time_line(
            key,
            extra.price,
            extra.quantity,
            at=store.now,
            subscription_id=made["id"],
            product_name=await drafting.product_name(store, extra.price),
        )
        lines.append(line)
    return await drafting.draft(
        store,
        customer,
        lines,
        drafting.Head(
            key,
            made["currency"],
            "subscription_create",
            (store.now, store.now),
            pending=new.pending,
        ),
        subscription=made,
        discounts=await redeeming.in_force(store, made["discounts"]),
    )


async def charge_first(
    store: Store, begun: Object, drafted: Object, *, waits: bool
) -> tuple[Object, Attempt | None]:
    """Collect the first invoice, or only prepare its payment when it `waits` for the customer.

    The subscription is announced as it is after that: trialing, active or incomplete.
    """
    billed = await invoicing.finalize(store, drafted)
    tried: Attempt | None = None
    if not waits or billed["amount_remaining"] == 0:
        method = await invoicing.default_method(store, billed)
        billed, tried = await invoicing.collect(store, billed, method, customer_present=False)
        if tried is not None and tried.decline is not None:
            await store.emit("invoice.payment_failed", billed)
    return await announce(store, begun, billed), tried


async def announce(store: Store, begun: Object, billed: Object) -> Object:
    """Say that there is a new subscription, now that its first invoice is paid or open."""
    if billed["status"] == "paid" and begun["status"] == "incomplete":
        begun = await store.update(begun, {"status": "active"})
    await store.emit("customer.subscription.created", begun)
    await renewal.plan(store, begun)
    return begun
