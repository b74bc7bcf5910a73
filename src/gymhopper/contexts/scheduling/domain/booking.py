"""A booking: a person's place in a class, or in the line for one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gymhopper.contexts.scheduling.domain.caps import Lane, lane
from gymhopper.contexts.scheduling.domain.rules import BookingRules
from gymhopper.contexts.scheduling.domain.terms import Terms
from gymhopper.contracts.scheduling.state import (
    BookingState,
    BookingStatus,
    Channel,
    ClassState,
    Ending,
)

HOLDING: tuple[BookingStatus, ...] = ("booked", "offered", "attended", "missed")
"""What takes a place away from others."""

LIVE: tuple[BookingStatus, ...] = (*HOLDING, "waiting")


@dataclass(eq=False, kw_only=True)
class Booking:
    """`number` is the order in which the class's requests were served: the line's order.

    `free_until` is until when a cancellation costs nothing, `terms` what it costs afterwards.
    `credits_known` tells that the ledger has heard of its credits, `waited` that it began in line.
    `bypassed` are the refusals over
    which staff booked.
    """

    id: UUID
    class_id: UUID
    host_organisation_id: UUID
    home_organisation_id: UUID
    person_id: UUID
    member_id: UUID
    membership_id: UUID | None
    channel: Channel
    status: BookingStatus
    number: int
    start_at: datetime
    until_at: datetime
    spot: str | None
    credits: int
    terms: Terms
    booked_at: datetime
    booked_by: str
    free_until: datetime
    credits_known: bool = False
    bypassed: tuple[str, ...] = ()
    waited: bool = False
    wait_until: datetime | None = None
    offered_until: datetime | None = None
    host_booking_id: UUID | None = None
    host_person_id: UUID | None = None
    visit_id: UUID | None = None
    ended_at: datetime | None = None
    ending: Ending | None = None
    version: int = 0

    @property
    def holds_place(self) -> bool:
        """Whether nobody else can have the place."""
        return self.status in HOLDING

    @property
    def lane(self) -> Lane:
        """Which cap it counts against."""
        return lane(self.channel, self.home_organisation_id)

    def state(self, of: ClassState, rules: BookingRules) -> BookingState:
        """What its events tell."""
        return BookingState(
            booking_id=self.id,
            class_id=self.class_id,
            class_type_id=of.class_type_id,
            host_organisation_id=self.host_organisation_id,
            home_organisation_id=self.home_organisation_id,
            location_id=of.location_id,
            area_id=of.area_id,
            person_id=self.person_id,
            member_id=self.member_id,
            membership_id=self.membership_id,
            channel=self.channel,
            status=self.status,
            start=of.start,
            until=of.until,
            zone=of.zone,
            enter_from=of.start - timedelta(minutes=rules.enter_before_minutes),
            enter_until=min(of.until, of.start + timedelta(minutes=rules.enter_after_minutes)),
            credits=self.credits,
            spot=self.spot,
            host_booking_id=self.host_booking_id,
            host_person_id=self.host_person_id,
        )
