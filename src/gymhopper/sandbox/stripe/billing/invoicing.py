"""The life of an invoice: draft, open, and paid, void or uncollectible."""

from collections.abc import Sequence

from gymhopper.sandbox.stripe.billing.charging import Attempt, attempt, new_intent
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.invoice import invoice, invoice_payment
from gymhopper.sandbox.stripe.storage.store import Store


async def draft(
    store: Store,
    key: str,
    subscription: Object,
    lines: Sequence[Object],
    *,
    reason: str,
    period: tuple[int, int],
) -> Object:
    """A new draft for the subscription's customer."""
    customer = await store.get("customer", subscription["customer"], param="customer")
    made = invoice(
        key,
        created=store.now,
        customer=customer,
        subscription=subscription,
        lines=lines,
        reason=reason,
        period=period,
    )
    return await store.insert(made, "invoice.created")


async def finalize(store: Store, billed: Object) -> Object:
    """Number the draft, after which its amounts stay as they are."""
    customer = await store.get("customer", billed["customer"], param="customer")
    sequence = customer["next_invoice_sequence"]
    await store.update(customer, {"next_invoice_sequence": sequence + 1})
    return await store.update(
        billed,
        {
            "number": f"{customer['invoice_prefix']}-{sequence:04}",
            "status": "open",
            "effective_at": store.now,
            "ending_balance": 0,
            "status_transitions": {**billed["status_transitions"], "finalized_at": store.now},
        },
        "invoice.finalized",
    )


async def default_method(store: Store, billed: Object) -> Object:
    """What pays the invoice: the subscription's means of payment, else the customer's."""
    owner = billed["parent"]["subscription_details"]["subscription"]
    subscription = await store.get("subscription", owner, param="subscription")
    customer = await store.get("customer", billed["customer"], param="customer")
    key = (
        subscription["default_payment_method"]
        or customer["invoice_settings"]["default_payment_method"]
    )
    return await store.get("payment_method", key, param="payment_method")


async def collect(
    store: Store, billed: Object, method: Object, *, customer_present: bool, scheduled: bool = True
) -> tuple[Object, Attempt | None]:
    """Try to pay an open invoice; the attempt is None when nothing was due.

    Only the first and scheduled tries count as attempts, as with Stripe's retry schedule.
    """
    if billed["amount_due"] == 0:
        return await mark_paid(store, billed), None
    payment = await default_payment(store, billed)
    if payment is None:
        intent = await new_intent(
            store,
            amount=billed["amount_due"],
            currency=billed["currency"],
            customer=billed["customer"],
            method=method,
            given={"description": "Subscription", "setup_future_usage": "off_session"},
        )
        payment = await store.insert(invoice_payment(billed, intent["id"], created=store.now))
    else:
        key = payment["payment"]["payment_intent"]
        intent = await store.get("payment_intent", key, param="payment_intent")
    tried = await attempt(store, intent, method, customer_present=customer_present)
    counted = billed["attempt_count"] + (scheduled or billed["attempt_count"] == 0)
    if tried.asks:
        billed = await store.update(billed, {"attempted": True, "attempt_count": counted})
        await store.emit("invoice.payment_action_required", billed)
        return billed, tried
    if not tried.paid:
        changes = {"attempted": True, "attempt_count": counted}
        return await store.update(billed, changes), tried
    await settle_payment(store, payment)
    return await mark_paid(store, billed, attempts=counted), tried


async def settle_payment(store: Store, payment: Object) -> Object:
    """The invoice's payment has arrived."""
    return await store.update(
        payment,
        {
            "status": "paid",
            "amount_paid": payment["amount_requested"],
            "status_transitions": {**payment["status_transitions"], "paid_at": store.now},
        },
        "invoice_payment.paid",
    )


async def default_payment(store: Store, billed: Object) -> Object | None:
    """The payment that is under way for an invoice, or has paid it."""
    found = await store.page("invoice_payment", {"invoice": billed["id"]}, limit=1)
    return found.data[0] if found.data else None


async def mark_paid(store: Store, billed: Object, *, attempts: int = 0) -> Object:
    """The money is there, or nothing was due."""
    await store.unplan(billed["id"], "retry")
    return await store.update(
        billed,
        {
            "status": "paid",
            "attempted": True,
            "attempt_count": attempts,
            "amount_paid": billed["amount_due"],
            "amount_remaining": 0,
            "next_payment_attempt": None,
            "status_transitions": {**billed["status_transitions"], "paid_at": store.now},
        },
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    )


async def void(store: Store, billed: Object) -> Object:
    """Nothing is owed any more, as if the invoice had never been sent."""
    return await _closed(store, billed, "void", "voided_at", "invoice.voided")


async def mark_uncollectible(store: Store, billed: Object) -> Object:
    """The claim is given up."""
    return await _closed(
        store,
        billed,
        "uncollectible",
        "marked_uncollectible_at",
        "invoice.marked_uncollectible",
    )


async def _closed(store: Store, billed: Object, status: str, moment: str, event: str) -> Object:
    return await store.update(
        billed,
        {
            "status": status,
            "auto_advance": False,
            "next_payment_attempt": None,
            "amount_remaining": 0 if status == "void" else billed["amount_remaining"],
            "status_transitions": {**billed["status_transitions"], moment: store.now},
        },
        "invoice.updated",
        event,
    )


async def stop_collection(store: Store, billed: Object) -> Object:
    """Leave the invoice as it is; nothing happens to it by itself any more."""
    await store.unplan(billed["id"], "retry")
    return await store.update(
        billed, {"auto_advance": False, "next_payment_attempt": None}, "invoice.updated"
    )
