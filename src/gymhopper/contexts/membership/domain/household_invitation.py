"""A code that lets a member into a household: whoever pays gives it away, the other one accepts."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gymhopper.kernel.errors import Conflict, Forbidden, InvalidInput

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without those that look alike."""

_LENGTH = 12
"""Of 32 letters each: 60 bits, which nobody guesses at the pace that is let through."""

MOST_OPEN = 10


class InvitationCodeInvalid(InvalidInput):
    """Nobody was invited by this code, or not any more. Why is not told."""

    code = "invitation_code_invalid"


class NotThePayer(Forbidden):
    """Only whoever pays for a household, or the desk, invites into it."""

    code = "not_the_payer"


class EnoughInvitations(Conflict):
    """There are as many open codes as a household may have."""

    code = "enough_invitations"


@dataclass(eq=False, kw_only=True)
class HouseholdInvitation:
    """Good for so many members, before `expires_at`. Of the code there is only a keyed digest."""

    id: UUID
    household_id: UUID
    organisation_id: UUID
    digest: bytes
    uses: int
    used: int = 0
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may still accept it."""
        return self.revoked_at is None and now < self.expires_at and self.used < self.uses


def new_code() -> str:
    """To be told to one person, in groups of four letters."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _LENGTH, 4))


def normal(code: str) -> str:
    """However it was typed."""
    return "".join(each for each in code.upper() if each.isalnum())
