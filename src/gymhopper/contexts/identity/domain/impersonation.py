"""A supporter looks through a member's eyes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

LONGEST = timedelta(minutes=30)


@dataclass(eq=False, kw_only=True)
class Impersonation:
    """From `started_at` until it is ended, or until `until_at`.

    `role` is the supporter's, at `organisation_id`. `reason` is for the member to read and may hold
    personal data: it stays in this row.
    """

    id: UUID
    organisation_id: UUID
    account_id: UUID
    session_id: UUID
    assignment_id: UUID
    role: str
    member_id: UUID
    person_id: UUID
    reason: str
    started_at: datetime
    until_at: datetime
    ended_at: datetime | None = None
    version: int = 0

    def end(self, now: datetime) -> bool:
        """End it, at its latest instant if that has passed; whether it had not ended before."""
        if self.ended_at is not None:
            return False
        self.ended_at = min(now, self.until_at)
        return True
