"""Facts about who looked through whose eyes. Reasons are personal data and not told here."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from gymhopper.contracts.event import Event


class ImpersonationStarted(Event, frozen=True, kw_only=True):
    """A supporter, in their role at the organisation, looks through a member's eyes."""

    type: ClassVar[str] = "identity.impersonation.started.v1"
    impersonation_id: UUID
    organisation_id: UUID
    account_id: UUID
    assignment_id: UUID
    role: str
    member_id: UUID
    person_id: UUID
    until: datetime


class ImpersonationEnded(Event, frozen=True, kw_only=True):
    """That is over, since `ended_at`."""

    type: ClassVar[str] = "identity.impersonation.ended.v1"
    impersonation_id: UUID
    organisation_id: UUID
    member_id: UUID
    person_id: UUID
    ended_at: datetime
