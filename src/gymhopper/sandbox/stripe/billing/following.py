"""What waits for a payment: the invoice that it pays."""

from gymhopper.sandbox.stripe.billing import invoicing, renewal
from gymhopper.sandbox.stripe.billing.charging import Attempt
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store


async def invoice_of(store: Store, intent: Object) -> tuple[Object, Object] | None:
    """The invoice that an intent is to pay, with the payment between them."""
    found = await store.page("invoice_payment", {"paid_with": intent["id"]}, limit=1)
    if not found.data:
        return None
    payment = found.data[0]
    return await store.get("invoice", payment["invoice"], param="invoice"), payment


async def check_wanted(store: Store, intent: Object) -> None:
    """InvalidRequest where the intent's invoice wants no money any more."""
    waiting = await invoice_of(store, intent)
    if waiting is not None and waiting[0]["status"] not in {"open", "uncollectible"}:
        raise InvalidRequest(
            f"This PaymentIntent's invoice has a status of {waiting[0]['status']} and cannot be "
            "paid.",
            code="payment_intent_unexpected_state",
        )


async def follow(store: Store, tried: Attempt) -> None:
    """Bring the invoice, and its subscription, in line with a customer's own attempt to pay."""
    waiting = await invoice_of(store, tried.intent)
    if waiting is None:
        return
    billed, payment = waiting
    store = await living(store, billed)
    if tried.paid:
        await invoicing.settle_payment(store, payment)
        billed = await invoicing.mark_paid(store, billed, attempts=max(billed["attempt_count"], 1))
        await renewal.follow_invoice(store, billed)
    elif tried.decline is not None:
        await store.emit("invoice.payment_failed", billed)
