"""The life of an invoice: draft, open, and paid, void or uncollectible."""

from gymhopper.sandbox.stripe.billing import customer_balances
from gymhopper.sandbox.stripe.billing.charging import Attempt, attempt, cancel, new_intent
from gymhopper.sandbox.stripe.billing.drafting import amounts
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.invoice import invoice_payment, subscription_of
from gymhopper.sandbox.stripe.storage.store import Store

_FOR_SUBSCRIPTIONS = {"description": "Subscription", "setup_future_usage": "off_session"}
_ONCE = {"description": "Payment for Invoice"}


async def finalize(
    store: Store, billed: Object, *, paid_by: Object | None = None, collected: bool = True
) -> Object:
    """Number the draft, after which its amounts stay as they are.

    The customer's balance pays what it can. For the rest there is a payment intent from now on:
    `paid_by` where the money moved already, and none where nothing is going to be `collected`.
    """
    customer = await store.get("customer", billed["customer"], param="customer")
    sequence = customer["next_invoice_sequence"]
    await store.update(customer, {"next_invoice_sequence": sequence + 1})
    # What was paid on a page was paid in full; the balance stays for later invoices.
    balance = 0 if paid_by is not None else customer["balance"]
    figures = amounts(billed["lines"]["data"], balance)
    rest = min(billed["total"] + balance, 0)
    billed = await store.update(
        billed,
        {
            **figures,
            "number": f"{customer['invoice_prefix']}-{sequence:04}",
            "status": "open",
            "hosted_invoice_url": f"{store.base_url}/invoices/{billed['id']}",
            "effective_at": store.now,
            "ending_balance": rest,
            "status_transitions": {**billed["status_transitions"], "finalized_at": store.now},
        },
        "invoice.finalized",
    )
    if rest != balance:
        await customer_balances.move(
            store,
            customer["id"],
            rest - balance,
            currency=billed["currency"],
            kind="applied_to_invoice",
            invoice=billed["id"],
        )
    if paid_by is not None:
        await store.insert(invoice_payment(billed, paid_by["id"], created=store.now))
    elif collected and billed["amount_due"]:
        await _open_payment(store, billed)
    return billed


async def _open_payment(store: Store, billed: Object) -> Object:
    """The intent that is to pay the invoice; who can confirm it learns it by its secret."""
    method = await default_method(store, billed)
    intent = await new_intent(
        store,
        amount=billed["amount_remaining"],
        currency=billed["currency"],
        customer=billed["customer"],
        method=method,
        given=_FOR_SUBSCRIPTIONS if subscription_of(billed) is not None else _ONCE,
    )
    return await store.insert(invoice_payment(billed, intent["id"], created=store.now))


async def default_method(store: Store, billed: Object) -> Object | None:
    """What pays the invoice: its own means of payment, else the subscription's or customer's."""
    key = billed["default_payment_method"]
    owner = subscription_of(billed)
    if key is None and owner is not None:
        subscription = await store.get("subscription", owner, param="subscription")
        key = subscription["default_payment_method"]
    if key is None:
        customer = await store.get("customer", billed["customer"], param="customer")
        key = customer["invoice_settings"]["default_payment_method"]
    return await store.find("payment_method", key) if key is not None else None


async def collect(
    store: Store,
    billed: Object,
    method: Object | None,
    *,
    customer_present: bool,
    scheduled: bool = True,
) -> tuple[Object, Attempt | None]:
    """Try to pay an open invoice; there is no attempt when nothing was due or nothing can pay.

    Only the first and scheduled tries count as attempts, as with Stripe's retry schedule.
    """
    if billed["amount_remaining"] == 0:
        return await mark_paid(store, billed), None
    counted = billed["attempt_count"] + (scheduled or billed["attempt_count"] == 0)
    changes = {"attempted": True, "attempt_count": counted}
    if method is None:
        return await store.update(billed, changes), None
    payment = await default_payment(store, billed) or await _open_payment(store, billed)
    key = payment["payment"]["payment_intent"]
    intent = await store.get("payment_intent", key, param="payment_intent")
    tried = await attempt(store, intent, method, customer_present=customer_present)
    if tried.asks:
        billed = await store.update(billed, changes)
        await store.emit("invoice.payment_action_required", billed)
        return billed, tried
    if not tried.paid:
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
            "amount_paid": billed["amount_paid"] + billed["amount_remaining"],
            "amount_remaining": 0,
            "next_payment_attempt": None,
            "status_transitions": {**billed["status_transitions"], "paid_at": store.now},
        },
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    )


async def paid_elsewhere(store: Store, billed: Object) -> Object:
    """The money came by another way, such as cash; nothing is charged."""
    await _cancel_payment(store, billed)
    billed = await store.update(billed, {"amount_paid_off_stripe": billed["amount_remaining"]})
    return await mark_paid(store, billed, attempts=billed["attempt_count"])


async def nothing_left(store: Store, billed: Object) -> Object:
    """A credit note took away the rest of what was owed."""
    await _cancel_payment(store, billed)
    return await mark_paid(store, billed, attempts=billed["attempt_count"])


async def ask_for(store: Store, billed: Object) -> None:
    """Let the payment under way be for what is owed now."""
    payment = await default_payment(store, billed)
    if payment is None or payment["status"] != "open":
        return
    amount = billed["amount_remaining"]
    await store.update(payment, {"amount_requested": amount})
    key = payment["payment"]["payment_intent"]
    intent = await store.get("payment_intent", key, param="payment_intent")
    await store.update(intent, {"amount": amount})


async def void(store: Store, billed: Object) -> Object:
    """Nothing is owed any more, as if the invoice had never been sent; what the balance paid of it
    goes back there."""
    await _cancel_payment(store, billed)
    applied = (billed["ending_balance"] or 0) - billed["starting_balance"]
    billed = await _closed(store, billed, "void", "voided_at", "invoice.voided")
    if applied:
        await customer_balances.move(
            store,
            billed["customer"],
            -applied,
            currency=billed["currency"],
            kind="unapplied_from_invoice",
            invoice=billed["id"],
        )
    return billed


async def mark_uncollectible(store: Store, billed: Object) -> Object:
    """The claim is given up."""
    return await _closed(
        store,
        billed,
        "uncollectible",
        "marked_uncollectible_at",
        "invoice.marked_uncollectible",
    )


async def _cancel_payment(store: Store, billed: Object) -> None:
    payment = await default_payment(store, billed)
    if payment is None or payment["status"] != "open":
        return
    at = {**payment["status_transitions"], "canceled_at": store.now}
    await store.update(payment, {"status": "canceled", "status_transitions": at})
    key = payment["payment"]["payment_intent"]
    intent = await store.get("payment_intent", key, param="payment_intent")
    await cancel(store, intent, reason="void_invoice")


async def _closed(store: Store, billed: Object, status: str, moment: str, event: str) -> Object:
    await store.unplan(billed["id"], "retry")
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
