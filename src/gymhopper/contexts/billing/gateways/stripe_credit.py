"""Stripe's part of account credit: the customer's balance."""

from uuid import UUID

import stripe

from gymhopper.contexts.billing.domain.notification import REFERENCE
from gymhopper.contexts.billing.gateways.stripe_errors import translated
from gymhopper.contexts.billing.gateways.stripe_objects import to_stripe
from gymhopper.kernel.money import Money


class StripeCredit:
    """Keeps the part of `PaymentProvider` that is about credit."""

    _stripe: stripe.V1Services

    async def move_balance(self, placement_id: UUID, *, customer_id: str, money: Money) -> None:
        """POST /v1/customers/{id}/balance_transactions, where a balance below zero is a credit."""
        with translated():
            await self._stripe.customers.balance_transactions.create_async(
                customer_id,
                {
                    "amount": -to_stripe(money),
                    "currency": money.currency.lower(),
                    "metadata": {REFERENCE: str(placement_id)},
                },
                {"idempotency_key": f"balance:{placement_id}"},
            )
