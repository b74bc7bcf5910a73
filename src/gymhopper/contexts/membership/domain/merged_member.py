"""What is left of a member who turned out to be another one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gymhopper.kernel.errors import Conflict, InvalidInput


class SameMember(InvalidInput):
    """A member cannot be merged into itself."""

    code = "same_member"


class GuardianAndDependent(Conflict):
    """One is the other's guardian, so that they are two people."""

    code = "guardian_and_dependent"


@dataclass(eq=False, kw_only=True)
class MergedMember:
    """The former id and person at the organisation, and whose what was theirs is now.

    `into_member_id` is always a member that there is: it follows when that one is merged in turn.
    """

    id: UUID
    organisation_id: UUID
    person_id: UUID
    into_member_id: UUID
    into_person_id: UUID
    number: str
    external_ref: str | None
    registered_at: datetime
    merged_at: datetime
    merged_by: str
