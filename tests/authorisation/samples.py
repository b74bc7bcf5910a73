"""Bodies that depend on the day."""

from datetime import UTC, datetime, timedelta
from typing import Any


def dearer() -> dict[str, Any]:
    """Another price for what was sold, announced in time."""
    return {
        "price": {"amount": 4000, "currency": "EUR"},
        "effective_on": str(datetime.now(UTC).date() + timedelta(days=60)),
        "reason": "as announced",
    }
