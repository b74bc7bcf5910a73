"""The customer's balance: credits that later invoices use up."""

from gymhopper.sandbox.stripe.objects.balance import balance_movement
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store


async def move(
    store: Store,
    customer_id: str,
    amount: int,
    *,
    currency: str,
    kind: str,
    invoice: str | None = None,
    credit_note: str | None = None,
    description: str | None = None,
) -> Object:
    """Change the balance by `amount` minor units, and keep the movement."""
    customer = await store.get("customer", customer_id, param="customer")
    made = await store.insert(
        balance_movement(
            created=store.now,
            customer=customer,
            amount=amount,
            currency=currency,
            kind=kind,
            invoice=invoice,
            credit_note=credit_note,
            description=description,
        )
    )
    await store.update(customer, {"balance": made["ending_balance"]}, "customer.updated")
    return made
