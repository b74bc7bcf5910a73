"""The offer to sign in for an employee or a member, sent to an address."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from gymhopper.kernel.errors import Conflict

GOOD_FOR = timedelta(days=7)

InvitationState = Literal["open", "accepted", "withdrawn", "expired"]


class InvitationOver(Conflict):
    """The invitation was accepted, or is withdrawn already."""

    code = "invitation_over"


@dataclass(eq=False, kw_only=True)
class Invitation:
    """For an employee, or for a member with the person behind it. Whoever shows its token holds
    the mailbox that it was sent to. `email` is sealed."""

    id: UUID
    organisation_id: UUID
    employee_id: UUID | None = None
    member_id: UUID | None = None
    person_id: UUID | None = None
    email: bytes = field(repr=False)
    hash: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    version: int = 1

    def state(self, now: datetime) -> InvitationState:
        """What has become of it."""
        return invitation_state(self.accepted_at, self.withdrawn_at, self.expires_at, now)

    def accept(self, now: datetime) -> None:
        """Use it up. The caller has made sure that it is open."""
        self.accepted_at = now
        self.version += 1

    def withdraw(self, now: datetime) -> None:
        """Take it back; InvitationOver when it was accepted. Again changes nothing."""
        if self.accepted_at is not None:
            raise InvitationOver("This invitation was accepted.")
        if self.withdrawn_at is None:
            self.withdrawn_at = now
            self.version += 1


def invitation_state(
    accepted_at: datetime | None,
    withdrawn_at: datetime | None,
    expires_at: datetime,
    now: datetime,
) -> InvitationState:
    """The word for these instants, at `now`."""
    if accepted_at is not None:
        return "accepted"
    if withdrawn_at is not None:
        return "withdrawn"
    return "open" if now < expires_at else "expired"
