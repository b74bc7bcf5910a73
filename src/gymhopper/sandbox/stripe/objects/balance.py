"""Movements of a customer's balance: below zero it is a credit for later invoices."""

from gymhopper.sandbox.stripe.objects.identity import Object, object_id


def balance_movement(
    *,
    created: int,
    customer: Object,
    amount: int,
    currency: str,
    kind: str,
    invoice: str | None = None,
    credit_note: str | None = None,
    description: str | None = None,
) -> Object:
    """The customer's balance changes by `amount` minor units; `kind` is Stripe's `type`."""
    return {
        "id": object_id("cbtxn"),
        "object": "customer_balance_transaction",
        "amount": amount,
        "checkout_session": None,
        "created": created,
        "credit_note": credit_note,
        "currency": currency,
        "customer": customer["id"],
        "description": description,
        "ending_balance": customer["balance"] + amount,
        "invoice": invoice,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }
