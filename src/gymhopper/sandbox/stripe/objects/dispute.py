"""Disputes: a cardholder takes a payment back through the bank."""

from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, object_id

# What Visa calls these reasons.
_NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}

EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def dispute(charged: Object, *, created: int, amount: int, reason: str, due_by: int) -> Object:
    """A dispute over `amount` minor units, to be answered by `due_by`."""
    evidence: dict[str, Any] = dict.fromkeys(EVIDENCE)
    return {
        "id": object_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charged["id"],
        "created": created,
        "currency": charged["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**evidence, "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charged["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charged["payment_method_details"]["card"]["brand"],
                "case_type": "chargeback",
                "network": charged["payment_method_details"]["card"]["network"],
                "network_reason_code": _NETWORK_CODES.get(reason),
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }
