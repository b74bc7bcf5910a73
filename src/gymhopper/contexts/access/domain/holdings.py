"""What people hold in their hands: cards and passes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from gymhopper.kernel.errors import Conflict


@dataclass(eq=False)
class Holding:
    """A credential that was given to a person, revocable alone.

    `key` is the keyed hash under which doors know it; the value itself is stored nowhere.
    `ending` are its last characters, for a person to tell it from another.
    """

    id: UUID
    organisation_id: UUID
    person_id: UUID
    kind: Literal["card", "pass"]
    key: bytes
    ending: str
    start: datetime | None = None
    until: datetime | None = None
    revoked_at: datetime | None = None
    version: int = 0

    def revoke(self, now: datetime) -> None:
        """Open nothing with it any more; Conflict when it was revoked before."""
        if self.revoked_at is not None:
            raise Conflict("This credential was revoked before.", code="credential_revoked")
        self.revoked_at = now
