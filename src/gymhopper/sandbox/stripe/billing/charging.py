"""Attempts of a payment intent to take the money from a card."""

from dataclasses import dataclass

from gymhopper.sandbox.stripe.billing.bookkeeping import book_charge
from gymhopper.sandbox.stripe.cards import BY_FINGERPRINT, Decline
from gymhopper.sandbox.stripe.errors import CardDeclined
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.payment import charge, payment_error, payment_intent
from gymhopper.sandbox.stripe.storage.store import Store


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a try to charge ended; `decline` is None when the money moved."""

    intent: Object
    charge: Object
    method: Object
    decline: Decline | None

    def error(self) -> CardDeclined:
        """What the API answers to a declined attempt."""
        assert self.decline is not None  # noqa: S101 - only asked of a declined attempt
        return CardDeclined(
            self.decline.message,
            decline_code=self.decline.decline_code,
            charge=self.charge["id"],
            payment_intent=self.intent,
            payment_method=self.method,
        )


async def new_intent(
    store: Store, *, amount: int, currency: str, customer: str | None, method: Object
) -> Object:
    """An intent to collect `amount` minor units by this means of payment."""
    return await store.insert(
        payment_intent(
            created=store.now,
            amount=amount,
            currency=currency,
            customer=customer,
            payment_method_id=method["id"],
        ),
        "payment_intent.created",
    )


async def attempt(
    store: Store, intent: Object, method: Object, *, customer_present: bool
) -> Attempt:
    """Charge the card, which its issuer allows or declines; both are recorded."""
    card = BY_FINGERPRINT[method["card"]["fingerprint"]]
    decline = card.at_once if customer_present else card.later
    made = charge(intent, method, card, decline, created=store.now)
    if decline is None:
        booked = await book_charge(store, made, at_once=card.available_at_once)
        made = await store.insert({**made, "balance_transaction": booked}, "charge.succeeded")
        intent = await store.update(
            intent,
            {
                "status": "succeeded",
                "amount_received": intent["amount"],
                "latest_charge": made["id"],
                "payment_method": method["id"],
                "last_payment_error": None,
            },
            "payment_intent.succeeded",
        )
    else:
        await store.insert(made, "charge.failed")
        intent = await store.update(
            intent,
            {
                "status": "requires_payment_method",
                "latest_charge": made["id"],
                "payment_method": None,
                "last_payment_error": payment_error(made, decline, method),
            },
            "payment_intent.payment_failed",
        )
    return Attempt(intent, made, method, decline)
