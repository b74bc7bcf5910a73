"""Payment intents and charges."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.cards import Card, Decline
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.payment_method import card_details

_SELLER_MESSAGE = "The bank did not return any further details with this decline."


def payment_intent(
    *,
    created: int,
    amount: int,
    currency: str,
    customer: str | None,
    payment_method_id: str | None,
    given: Mapping[str, Any],
) -> Object:
    """An intent to collect `amount` minor units, before its first attempt."""
    key = object_id("pi")
    return {
        "id": key,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": f"{key}_secret_sandbox",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": customer,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": payment_method_id,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method"
        if payment_method_id is None
        else "requires_confirmation",
        "transfer_data": None,
        "transfer_group": None,
        **given,
    }


def charge(
    intent: Object,
    method: Object,
    card: Card,
    decline: Decline | None,
    *,
    created: int,
    authenticated: bool = False,
) -> Object:
    """One attempt of an intent: money that moved, or the issuer's refusal."""
    paid = decline is None
    return {
        "id": object_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": paid,
        "created": created,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None if decline is None else decline.code,
        "failure_message": None if decline is None else decline.message,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": _outcome(decline),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "card": {
                **card_details(card),
                "amount_authorized": intent["amount"] if paid else None,
                "checks": method["card"]["checks"],
                "installments": None,
                "mandate": None,
                "network": card.brand,
                "three_d_secure": _AUTHENTICATED if authenticated else None,
                "wallet": None,
            },
            "type": "card",
        },
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if paid else "failed",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }


_AUTHENTICATED = {
    "authentication_flow": "challenge",
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "result": "authenticated",
    "result_reason": None,
    "transaction_id": "00000000-0000-4000-8000-000000000000",
    "version": "2.2.0",
}


def _outcome(decline: Decline | None) -> Object:
    return {
        "advice_code": None if decline is None else "try_again_later",
        "network_advice_code": None,
        "network_decline_code": None if decline is None else "05",
        "network_status": "approved_by_network" if decline is None else decline.network_status,
        "reason": None if decline is None else decline.decline_code,
        "risk_level": "normal",
        "risk_score": 1,
        "seller_message": "Payment complete." if decline is None else _SELLER_MESSAGE,
        "type": "authorized" if decline is None else "issuer_declined",
    }


def card_error(decline: Decline, method: Object, **about: Any) -> Object:
    """Why an attempt failed: the `last_payment_error` or `last_setup_error` of an intent."""
    fields = {
        "code": decline.code,
        "decline_code": decline.decline_code,
        "message": decline.message,
        "param": decline.param,
        "payment_method": method,
        "type": "card_error",
        **about,
    }
    return {name: value for name, value in fields.items() if value is not None}


def next_action(page: str, return_url: str | None) -> Object:
    """What the customer has to do: go to the page where the card's issuer asks who they are."""
    if return_url is None:
        return {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page},
        }
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": page}}
