"""An endpoint: somebody else's address, and what it is to be told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from gymhopper.contexts.integrations.domain.errors import EndpointIsDisabled, RotationUnderWay

Status = Literal["enabled", "disabled"]
DisabledReason = Literal["by_hand", "gone", "failing"]

EVERYTHING = "*"
"""Stands for every event type, also for those that are yet to come."""

MOST_ENDPOINTS = 20
"""Of one organisation: each event is stored once, but sent to every one of them."""

LONGEST_OVERLAP = timedelta(hours=168)


@dataclass(eq=False, kw_only=True)
class Endpoint:
    """Where an organisation wants to be told of what happens.

    `secret` and `previous_secret` are sealed; both sign until `previous_until`. `failures` counts
    the tries that failed since one succeeded, the first of them at `failing_since`; nothing is sent
    before `not_before`.
    """

    id: UUID
    organisation_id: UUID
    url: str
    description: str
    event_types: tuple[str, ...]
    secret: bytes
    created_at: datetime
    status: Status = "enabled"
    disabled_reason: DisabledReason | None = None
    disabled_at: datetime | None = None
    previous_secret: bytes | None = None
    previous_until: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    not_before: datetime | None = None
    version: int = 0

    def disable(self, reason: DisabledReason, now: datetime) -> bool:
        """Send nothing any more; False when that was so already."""
        if self.status == "disabled":
            return False
        self.status, self.disabled_reason, self.disabled_at = "disabled", reason, now
        return True

    def enable(self) -> None:
        """Send again, with a clean slate: earlier failures count no more."""
        self.status, self.disabled_reason, self.disabled_at = "enabled", None, None
        self.failures, self.failing_since, self.not_before = 0, None, None

    def require_enabled(self) -> None:
        """Raise EndpointIsDisabled when nothing would be sent."""
        if self.status == "disabled":
            raise EndpointIsDisabled("This endpoint is disabled; enable it first.")

    def rotate(self, secret: bytes, overlap: timedelta, now: datetime) -> None:
        """Sign with the new secret, and beside it with the present one until the overlap ends.

        Raises RotationUnderWay when two are live already, for the third would silence a receiver
        that knows only the first. Without an overlap every other secret ends at once: that is for
        one that leaked.
        """
        if overlap and len(self.live_secrets(now)) > 1:
            raise RotationUnderWay("Two secrets are live; wait until the older one has ended.")
        self.previous_secret = self.secret if overlap else None
        self.previous_until = now + overlap if overlap else None
        self.secret = secret

    def live_secrets(self, now: datetime) -> tuple[bytes, ...]:
        """The sealed secrets that sign at present, the newest first."""
        return live(self.secret, self.previous_secret, self.previous_until, now)


def live(
    secret: bytes, previous: bytes | None, until: datetime | None, now: datetime
) -> tuple[bytes, ...]:
    """The secret, and the one before it until its time is over."""
    if previous is None or until is None or until <= now:
        return (secret,)
    return (secret, previous)
