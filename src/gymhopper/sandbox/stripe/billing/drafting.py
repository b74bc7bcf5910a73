"""How every invoice is made: previews, first ones, renewals, changes, and those by hand.

There is one way to make a draft, so a preview cannot differ from the invoice that follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gymhopper.sandbox.stripe.billing.discounting import (
    Applied,
    discounted,
    net_amount,
    total_amounts,
)
from gymhopper.sandbox.stripe.billing.shares import share
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.invoice import invoice, subscription_of
from gymhopper.sandbox.stripe.objects.line import invoice_item_line, subscription_line
from gymhopper.sandbox.stripe.storage.store import Store

_MOST_ITEMS = 250


@dataclass(frozen=True, slots=True)
class Head:
    """What a draft is made for: its id, Stripe's `billing_reason`, the period that it looks back
    on, and whether it takes what is pending."""

    key: str
    currency: str
    reason: str
    period: tuple[int, int]
    pending: bool = True
    given: Mapping[str, Any] = field(default_factory=dict)


async def draft(
    store: Store,
    customer: Object,
    lines: Sequence[Object],
    head: Head,
    *,
    subscription: Object | None = None,
    discounts: Sequence[Applied] = (),
) -> Object:
    """A new draft over these lines and the pending items that belong to it."""
    waiting = (
        await pending_items(store, customer, subscription, head.currency) if head.pending else []
    )
    joined = [*lines, *(invoice_item_line(head.key, each) for each in waiting)]
    for each in waiting:
        await store.update(each, {"invoice": head.key})
    priced = discounted(joined, discounts)
    made = invoice(
        head.key,
        created=store.now,
        customer=customer,
        subscription=subscription,
        lines=priced,
        reason=head.reason,
        period=head.period,
        given={
            "currency": head.currency,
            "discounts": [each.discount["id"] for each in discounts],
            **amounts(priced, customer["balance"]),
            **head.given,
        },
    )
    return await store.insert(made, "invoice.created")


async def pending_items(
    store: Store, customer: Object, subscription: Object | None, currency: str
) -> list[Object]:
    """What waits for the customer's next invoice, oldest first: the subscription's own items, and
    those that belong to no subscription."""
    page = await store.page(
        "invoiceitem", {"customer": customer["id"], "pending": True}, limit=_MOST_ITEMS
    )
    owners = {None, subscription["id"] if subscription is not None else None}
    return [
        each
        for each in reversed(page.data)
        if subscription_of(each) in owners and each["currency"] == currency
    ]


def amounts(lines: Sequence[Object], balance: int) -> Object:
    """The totals of an invoice; a balance below zero pays part of it, one above is added."""
    taken = total_amounts(lines)
    subtotal = sum(line["amount"] for line in lines)
    total = subtotal - sum(each["amount"] for each in taken)
    due = max(total + balance, 0)
    return {
        "amount_due": due,
        "amount_remaining": due,
        "starting_balance": balance,
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": taken,
        "total_excluding_tax": total,
    }


async def with_lines(store: Store, billed: Object, lines: Sequence[Object]) -> Object:
    """The draft over other lines."""
    customer = await store.get("customer", billed["customer"], param="customer")
    changes = {"lines": {**billed["lines"], "data": list(lines)}}
    return await store.update(
        billed, changes | amounts(lines, customer["balance"]), "invoice.updated"
    )


async def period_lines(
    store: Store,
    key: str,
    items: Sequence[Object],
    *,
    period: tuple[int, int],
    whole: int,
    trial: bool = False,
) -> list[Object]:
    """The charge for each item over a period; less than a `whole` one costs its part."""
    lines = []
    for item in items:
        amount = item["price"]["unit_amount"] * item["quantity"]
        lines.append(
            subscription_line(
                key,
                item,
                period=period,
                product_name=await product_name(store, item["price"]),
                amount=0 if trial else share(amount, period[1] - period[0], whole),
                trial=trial,
            )
        )
    return lines


async def product_name(store: Store, price: Object) -> str:
    """What a line calls the thing that is sold."""
    product = await store.get("product", price["product"], param="product")
    return str(product["name"])


async def remember(store: Store, subscription_id: str, billed: Object) -> None:
    """Keep with the subscription what each of its items was charged for which time.

    Credits are made from that: nothing is given back that was not charged.
    """
    hidden = await store.hidden(subscription_id)
    charged = dict(hidden["billed"])
    for line in billed["lines"]["data"]:
        details = line["parent"]["subscription_item_details"]
        if details is None:
            continue
        where = {"invoice": billed["id"], "line": line["id"], "invoice_item": None}
        item_id, invoice_item = details["subscription_item"], details["invoice_item"]
        if invoice_item is None:
            charged[item_id] = {
                "amount": net_amount(line),
                "start": line["period"]["start"],
                "end": line["period"]["end"],
                **where,
            }
        elif charged.get(item_id, {}).get("invoice_item") == invoice_item:
            charged[item_id] = {**charged[item_id], **where}
    await store.hide(subscription_id, billed=charged)
