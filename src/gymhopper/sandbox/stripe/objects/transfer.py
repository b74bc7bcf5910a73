"""Transfers between the platform and its connected accounts, and what comes back."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, contained, object_id

_SHOWN = 10


def transfer(
    *, created: int, amount: int, currency: str, destination: str, given: Mapping[str, Any]
) -> Object:
    """Money from the platform's balance to that of a connected account."""
    key = object_id("tr")
    return {
        "id": key,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": created,
        "currency": currency,
        "description": None,
        "destination": destination,
        "destination_payment": object_id("py"),
        "livemode": False,
        "metadata": {},
        "reversals": contained([], f"/v1/transfers/{key}/reversals"),
        "reversed": False,
        "source_transaction": None,
        "source_type": "card",
        "transfer_group": None,
        **given,
    }


def destination_payment(made: Object) -> Object:
    """The transfer as the connected account sees it: money that came in."""
    return {
        "id": made["destination_payment"],
        "object": "charge",
        "amount": made["amount"],
        "amount_captured": made["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {
            "address": None,
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": None,
        "captured": True,
        "created": made["created"],
        "currency": made["currency"],
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": None,
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "payment_method_details": {"stripe_account": {}, "type": "stripe_account"},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": made["id"],
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": made["transfer_group"],
    }


def transfer_reversal(
    of: Object, *, created: int, amount: int, metadata: Mapping[str, Any]
) -> Object:
    """Money that came back to the platform."""
    return {
        "id": object_id("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": created,
        "currency": of["currency"],
        "destination_payment_refund": object_id("pyr"),
        "metadata": dict(metadata),
        "source_refund": None,
        "transfer": of["id"],
    }


def destination_refund(reversal: Object, payment: Object) -> Object:
    """The reversal as the connected account sees it: money that went back."""
    return {
        "id": reversal["destination_payment_refund"],
        "object": "refund",
        "amount": reversal["amount"],
        "balance_transaction": None,
        "charge": payment["id"],
        "created": reversal["created"],
        "currency": reversal["currency"],
        "metadata": {},
        "payment_intent": None,
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": reversal["id"],
        "status": "succeeded",
        "transfer_reversal": None,
    }


def with_reversal(of: Object, reversal: Object) -> Object:
    """What a reversal changes of its transfer, which shows the newest of them."""
    before = of["reversals"]
    reversed_by_now = of["amount_reversed"] + reversal["amount"]
    shown = [reversal, *before["data"]]
    return {
        "amount_reversed": reversed_by_now,
        "reversed": reversed_by_now == of["amount"],
        "reversals": {
            **before,
            "data": shown[:_SHOWN],
            "has_more": before["has_more"] or len(shown) > _SHOWN,
        },
    }
