"""Balance transactions, and the balance that they add up to."""

from collections.abc import Iterable

from gymhopper.sandbox.stripe.objects.identity import Object, object_id


def balance_transaction(
    kind: str,
    category: str,
    source: Object,
    *,
    created: int,
    amount: int,
    fee: int,
    available_on: int,
) -> Object:
    """`amount` minor units in the source's currency that came (or went, below zero), less the
    provider's `fee`."""
    currency = source["currency"]
    return {
        "id": object_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": created,
        "currency": currency,
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": _fee_details(fee, currency),
        "net": amount - fee,
        "reporting_category": category,
        "source": source["id"],
        "status": "available" if available_on <= created else "pending",
        "type": kind,
    }


def _fee_details(fee: int, currency: str) -> list[Object]:
    if fee == 0:
        return []
    return [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Sandbox processing fees",
            "type": "stripe_fee",
        }
    ]


def as_of(booked: Object, now: int) -> Object:
    """The transaction as it is shown at `now`: money becomes available by the passing of time."""
    return {**booked, "status": "available" if booked["available_on"] <= now else "pending"}


def balance(sums: Iterable[tuple[str, int, int]]) -> Object:
    """What an account has: currency, available, pending."""
    ordered = sorted(sums)
    return {
        "object": "balance",
        "available": [_amount(available, currency) for currency, available, _ in ordered],
        "livemode": False,
        "pending": [_amount(pending, currency) for currency, _, pending in ordered],
    }


def _amount(amount: int, currency: str) -> Object:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
