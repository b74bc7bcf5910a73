"""Bodies that depend on the day, and ids that are found by asking."""

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
