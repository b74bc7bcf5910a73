"""Connected accounts, their bank accounts and capabilities, and the platform's own account."""

from collections.abc import Mapping, Sequence
from typing import Any

from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.objects.identity import Object, contained, object_id

TYPES: Mapping[str, tuple[str, str, str, str]] = {
    "standard": ("account", "stripe", "stripe", "full"),
    "express": ("application_express", "application", "stripe", "express"),
    "custom": ("application_custom", "application", "application", "none"),
}
"""What a type of account stands for: who pays fees, who bears losses, who collects what the law
wants to know, which dashboard there is."""

_EMPTY_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def controller(fees: str, losses: str, collection: str, dashboard: str) -> Object:
    """Who is responsible for what."""
    return {
        "fees": {"payer": fees},
        "is_controller": True,
        "losses": {"payments": losses},
        "requirement_collection": collection,
        "stripe_dashboard": {"type": dashboard},
        "type": "application",
    }


def account(
    key: str,
    *,
    created: int,
    country: str,
    currency: str,
    kind: str,
    controlled: Object,
) -> Object:
    """An account before anything is known of it; it can do nothing yet."""
    return {
        "id": key,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "minority_owned_business_designation": None,
            "name": None,
            "product_description": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "company": {
            "address": {**_EMPTY_ADDRESS, "country": country},
            "name": None,
            "phone": None,
            "tax_id_provided": False,
        },
        "controller": controlled,
        "country": country,
        "created": created,
        "default_currency": currency,
        "details_submitted": False,
        "email": None,
        "external_accounts": contained([], f"/v1/accounts/{key}/external_accounts"),
        "future_requirements": requirements([], [], None),
        "groups": {"payments_pricing": None},
        "metadata": {},
        "payouts_enabled": False,
        "requirements": requirements([], [], None),
        "settings": _settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": kind,
    }


def _settings() -> Object:
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "offer"},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": False,
            "schedule": {"delay_days": 2, "interval": "manual"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }


def requirements(
    due: Sequence[str], errors: Sequence[Object], disabled_reason: str | None
) -> Object:
    """What is still to be told; all of it is due now, none has a deadline in the future."""
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": disabled_reason,
        "errors": list(errors),
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }


def bank_account(account_id: str, *, number: str, given: Mapping[str, Any]) -> Object:
    """Where payouts go. Of its number only the end is shown."""
    return {
        "id": object_id("ba"),
        "object": "bank_account",
        "account": account_id,
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "SANDBOX BANK",
        "default_for_currency": True,
        "fingerprint": f"sandbox{number[-9:]}",
        "future_requirements": _BANK_REQUIREMENTS,
        "last4": number[-4:],
        "metadata": {},
        "requirements": _BANK_REQUIREMENTS,
        "routing_number": None,
        "status": "new",
        **given,
    }


_BANK_REQUIREMENTS: Object = {
    "currently_due": [],
    "errors": [],
    "past_due": [],
    "pending_verification": [],
}


def capability(of: Object, name: str, *, requested_at: int | None) -> Object:
    """What an account may do, once it is asked for and nothing is due."""
    due = of["requirements"]["currently_due"] if requested_at is not None else []
    status = of["capabilities"].get(name, "unrequested")
    needs = {
        **requirements(due, of["requirements"]["errors"] if due else [], None),
        "disabled_reason": "requirements.fields_needed" if status == "inactive" else None,
    }
    return {
        "id": name,
        "object": "capability",
        "account": of["id"],
        "future_requirements": requirements([], [], None),
        "requested": requested_at is not None,
        "requested_at": requested_at,
        "requirements": needs,
        "status": status,
    }


def platform_account() -> Object:
    """The account whose key this is."""
    own = account(
        ACCOUNT,
        created=0,
        country="DE",
        currency="eur",
        kind="standard",
        controlled={"type": "account"},
    )
    return {
        **own,
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "details_submitted": True,
        "email": "platform@example.com",
        "payouts_enabled": True,
    }
