"""Payouts from a balance to a bank."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, object_id


def payout(
    *,
    created: int,
    amount: int,
    currency: str,
    bank: Object,
    arrival: int,
    given: Mapping[str, Any],
) -> Object:
    """Money on its way from an account's balance to its bank."""
    return {
        "id": object_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrival,
        "automatic": False,
        "balance_transaction": None,
        "created": created,
        "currency": currency,
        "description": None,
        "destination": bank["id"],
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
        **given,
    }
