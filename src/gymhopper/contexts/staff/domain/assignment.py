"""A role that an employee has for a time, at a place."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gymhopper.kernel.errors import Conflict, InvalidInput

OWNER = "owner"
"""The role without which an organisation could not be run: somebody has it always."""


class AssignmentOver(Conflict):
    """The assignment has ended already."""

    code = "assignment_over"


class LastOwner(Conflict):
    """Nobody else owns the whole organisation."""

    code = "last_owner"


@dataclass(eq=False, kw_only=True)
class Assignment:
    """In force from `start_at` on, up to but without `until_at`.

    It holds at one location, at the places of one legal entity, or, with neither, at the whole
    organisation. A location comes with its legal entity.
    """

    id: UUID
    organisation_id: UUID
    employee_id: UUID
    role: str
    legal_entity_id: UUID | None
    location_id: UUID | None
    start_at: datetime
    until_at: datetime | None
    version: int = 0

    @property
    def owns_for_good(self) -> bool:
        """Whether the organisation has an owner in it, as far as anybody knows."""
        return self.role == OWNER and self.legal_entity_id is None and self.until_at is None

    def end(self, at: datetime, now: datetime) -> bool:
        """Let it end at `at`, which is now or later; whether that is earlier than it was.

        One that has not begun by then never begins. Raises AssignmentOver, and InvalidInput for an
        instant that has passed: what somebody was allowed to do yesterday stays true.
        """
        if self.until_at is not None and self.until_at <= now:
            raise AssignmentOver("This assignment has ended already.")
        if at < now:
            raise InvalidInput("An assignment ends now or later.", field="at")
        at = max(at, self.start_at)
        if self.until_at is not None and self.until_at <= at:
            return False
        self.until_at = at
        return True


def checked_dates(start: datetime, until: datetime | None) -> tuple[datetime, datetime | None]:
    """The dates of a new assignment; InvalidInput when it would end before it begins."""
    if until is not None and until <= start:
        raise InvalidInput("An assignment ends after it begins.", field="until")
    return start, until
