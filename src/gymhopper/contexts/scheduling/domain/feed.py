"""A secret address under which a calendar program reads bookings or classes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from gymhopper.kernel.errors import Conflict

FeedKind = Literal["member", "instructor", "location"]

MOST_OPEN = 10
"""Addresses that are good at a time for one person, instructor or location."""


class EnoughFeeds(Conflict):
    """There are as many addresses as there may be for the same thing."""

    code = "enough_feeds"


@dataclass(eq=False, kw_only=True)
class Feed:
    """What it shows is named by one of the last three ids: a member's bookings as a member of the
    organisation, or the organisation's classes of an instructor, or at a location. Of the address
    there is only a keyed digest."""

    id: UUID
    organisation_id: UUID
    kind: FeedKind
    digest: bytes
    created_at: datetime
    created_by: str
    person_id: UUID | None = None
    instructor_id: UUID | None = None
    location_id: UUID | None = None
    revoked_at: datetime | None = None
    last_read_on: date | None = None
