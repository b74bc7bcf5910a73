"""Facts about doors and visits."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from gymhopper.contracts.event import Event


class CredentialIssued(Event, frozen=True, kw_only=True):
    """A person can present something new at a door."""

    type: ClassVar[str] = "access.credential.issued.v1"
    credential_id: UUID
    person_id: UUID
    kind: str


class CredentialRevoked(Event, frozen=True, kw_only=True):
    """A credential opens nothing any more."""

    type: ClassVar[str] = "access.credential.revoked.v1"
    credential_id: UUID
    person_id: UUID


class DeviceEnrolled(Event, frozen=True, kw_only=True):
    """A device proved that it holds its key."""

    type: ClassVar[str] = "access.device.enrolled.v1"
    device_id: UUID
    location_id: UUID


class VisitRecorded(Event, frozen=True, kw_only=True):
    """A person was let in. `at` is the instant of the decision, `entry` its journal number.

    `on_credit` tells that the membership's credits pay for it, `booking_id` that the person was let
    in because of a booking; `membership_id` is what that rests on.
    """

    type: ClassVar[str] = "access.visit.recorded.v1"
    visit_id: UUID
    person_id: UUID
    membership_id: UUID | None
    host_organisation_id: UUID
    home_organisation_id: UUID | None
    location_id: UUID
    door_id: UUID
    at: datetime
    entry: int
    on_credit: bool = False
    booking_id: UUID | None = None
