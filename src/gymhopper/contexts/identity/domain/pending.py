"""A sign-in that waits for its second factor."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gymhopper.contexts.identity.domain.session import Client

PENDING_FOR = timedelta(minutes=5)
MOST_WRONG = 5


@dataclass(eq=False, kw_only=True)
class PendingSignIn:
    """One factor was proved; whoever holds its token may try the second, five times at most."""

    id: UUID
    account_id: UUID
    hash: bytes
    method: str
    client: Client
    created_at: datetime
    expires_at: datetime
    wrong_codes: int = 0
    used_at: datetime | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether it may still be tried."""
        return self.used_at is None and now < self.expires_at and self.wrong_codes < MOST_WRONG
