"""Previews: what will happen is done, looked at, and undone.

So a preview comes from the same functions as the invoice that follows, and keeps nothing.
"""

from gymhopper.sandbox.stripe.billing import changing, cycle
from gymhopper.sandbox.stripe.billing.changing import Change
from gymhopper.sandbox.stripe.billing.starting import Beginning, begin
from gymhopper.sandbox.stripe.errors import StripeError
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.subscription import period
from gymhopper.sandbox.stripe.storage.store import Store, Undone


class NothingUpcoming(StripeError):
    """There will be no further invoice."""

    status = 404

    def __init__(self, customer: str) -> None:
        super().__init__(
            f"No upcoming invoices for customer: {customer}", code="invoice_upcoming_none"
        )


async def of_beginning(store: Store, customer: Object, new: Beginning) -> Object:
    """The first invoice of a subscription that does not exist yet."""
    drafted: Object = {}
    async with store.tentatively():
        _, drafted = await begin(store, customer, new)
        raise Undone
    return _shown(drafted)


async def of_change(store: Store, before: Object, wanted: Change) -> Object:
    """The invoice that a change makes at once, or else the next renewal's after the change."""
    drafted: Object | None = None
    async with store.tentatively():
        after, drafted = await changing.change(store, before, wanted)
        if drafted is None:
            drafted = await _renewal(store, after)
        raise Undone
    return _found(drafted, before)


async def of_end(store: Store, before: Object, *, prorates: bool) -> Object:
    """The last invoice of a subscription that ends now."""
    drafted: Object | None = None
    async with store.tentatively():
        drafted = await changing.end_now(store, before, prorates=prorates, invoices=True)
        raise Undone
    return _found(drafted, before)


async def _renewal(store: Store, after: Object) -> Object | None:
    start = period(after)[1]
    ends = after["cancel_at"] is not None and after["cancel_at"] <= start
    if ends or after["status"] in {"canceled", "incomplete_expired", "paused"}:
        return None
    _, drafted = await cycle.turn(store.at(start), after)
    return drafted


def _found(drafted: Object | None, before: Object) -> Object:
    if drafted is None:
        raise NothingUpcoming(before["customer"])
    return _shown(drafted)


def _shown(drafted: Object) -> Object:
    key = object_id("upcoming_in")
    lines = [{**line, "invoice": key} for line in drafted["lines"]["data"]]
    return {
        **drafted,
        "id": key,
        "billing_reason": "upcoming",
        "lines": {**drafted["lines"], "data": lines, "url": f"/v1/invoices/{key}/lines"},
    }
