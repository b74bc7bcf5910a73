"""The billing portal: what it offers, and a customer's visit to it."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, object_id


def portal_configuration(
    *, created: int, is_default: bool, given: Mapping[str, Any], features: Mapping[str, Any]
) -> Object:
    """A portal that offers these features; those that are not named stay switched off."""
    return {
        "id": object_id("bpc"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {
            "headline": None,
            "privacy_policy_url": None,
            "terms_of_service_url": None,
        },
        "created": created,
        "default_return_url": None,
        "features": {**_OFF, **features},
        "is_default": is_default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": created,
        **given,
    }


REASONS = (
    "too_expensive",
    "missing_features",
    "switched_service",
    "unused",
    "customer_service",
    "too_complex",
    "low_quality",
    "other",
)
_OFF: Mapping[str, Any] = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": list(REASONS)},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}
EVERYTHING: Mapping[str, Any] = {
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True, "payment_method_configuration": None},
    "subscription_cancel": {
        **_OFF["subscription_cancel"],
        "cancellation_reason": {"enabled": True, "options": list(REASONS)},
        "enabled": True,
    },
}
"""What the portal offers where nobody configured it."""


def portal_session(
    key: str,
    *,
    created: int,
    customer: str,
    configuration: str,
    url: str,
    flow: Object | None,
    given: Mapping[str, Any],
) -> Object:
    """A customer's visit, who gets in by its `url` alone."""
    return {
        "id": key,
        "object": "billing_portal.session",
        "configuration": configuration,
        "created": created,
        "customer": customer,
        "flow": flow,
        "livemode": False,
        "locale": None,
        "on_behalf_of": None,
        "return_url": None,
        "url": url,
        **given,
    }


def portal_flow(
    kind: str, *, subscription: str | None, after: str, return_url: str | None
) -> Object:
    """The one thing that a visit is for."""
    return {
        "type": kind,
        "after_completion": {
            "type": after,
            "hosted_confirmation": {"custom_message": None}
            if after == "hosted_confirmation"
            else None,
            "redirect": {"return_url": return_url} if after == "redirect" else None,
        },
        "customer_update": None,
        "subscription_cancel": None
        if subscription is None
        else {"retention": None, "subscription": subscription},
        "subscription_update": None,
        "subscription_update_confirm": None,
    }
