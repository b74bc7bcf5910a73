"""Bodies that depend on the day, and ids that are found by asking."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gymhopper.sandbox.demo.client import Platform


def dearer() -> dict[str, Any]:
    """Another price for what was sold, announced in time."""
    return {
        "price": {"amount": 4000, "currency": "EUR"},
        "effective_on": str(datetime.now(UTC).date() + timedelta(days=60)),
        "reason": "as announced",
    }


async def money_of(platform: Platform, membership: str) -> dict[str, str]:
    """The ids of what a membership owed, how that was paid, and by which card."""
    owed = await platform.get(f"/payments{membership}")
    means = await platform.get(f"/payments{membership}/means")
    return {
        "claim_id": owed["claims"][0]["claim_id"],
        "payment_id": owed["payments"][0]["payment_id"],
        "card_id": means["items"][0]["id"],
    }


def another_plan(ids: Mapping[str, str]) -> dict[str, Any]:
    """A plan beside the one that was bought."""
    return {
        "organisation_id": ids["organisation_id"],
        "legal_entity_id": ids["legal_entity_id"],
        "name": "Light",
        "coverage": {"include": [{"tier_up_to": 1}]},
        "prices": [{"price": {"amount": 1990, "currency": "EUR"}}],
    }


def change_to(plan: Mapping[str, Any]) -> dict[str, Any]:
    """That plan instead, from the next period on."""
    (price,) = plan["prices"]
    return {
        "plan_id": plan["id"],
        "price_id": price["id"],
        "price": price["price"],
        "when": "period_end",
    }
