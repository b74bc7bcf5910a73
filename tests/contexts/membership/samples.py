"""What several tests send."""

from typing import Any

AGREEMENT: dict[str, Any] = {
    "terms": "terms-2026-01",
    "privacy": "privacy-2026-01",
    "language": "en",
    "channel": "online",
    "marketing": {"email": True, "sms": False},
}
