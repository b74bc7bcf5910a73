"""A booking as a right of its own: into the place of its class, around its time. An appointment
is one, too."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from gymhopper.contexts.access.domain.compiling import compile_grant
from gymhopper.contexts.access.domain.coverage import encode_coverage
from gymhopper.contexts.access.domain.records import Grant, GrantKind, Stop, milliseconds
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.events import MembershipState
from gymhopper.contracts.scheduling.appointments.events import AppointmentState
from gymhopper.contracts.scheduling.state import BookingState, BookingStatus

TOO_LATE_FOR = timedelta(hours=3)
"""For so long after its window a door says that it is too late for a booking."""

HAS_PLACE: frozenset[BookingStatus] = frozenset({"booked", "attended", "missed"})
"""In line, or with an offer that was not taken yet, nobody comes in."""


class PlaceHeld(msgspec.Struct, frozen=True, kw_only=True):
    """A booking or an appointment as scheduling tells of it; `live` while it may open doors."""

    booking_id: UUID
    person_id: UUID
    membership_id: UUID | None
    host_organisation_id: UUID
    home_organisation_id: UUID
    location_id: UUID
    area_id: UUID | None
    zone: str
    enter_from: datetime
    enter_until: datetime
    live: bool


def of_booking(state: BookingState) -> PlaceHeld:
    """A place in a class."""
    return PlaceHeld(
        booking_id=state.booking_id,
        person_id=state.person_id,
        membership_id=state.membership_id,
        host_organisation_id=state.host_organisation_id,
        home_organisation_id=state.home_organisation_id,
        location_id=state.location_id,
        area_id=state.area_id,
        zone=state.zone,
        enter_from=state.enter_from,
        enter_until=state.enter_until,
        live=state.status in HAS_PLACE,
    )


def of_appointment(state: AppointmentState) -> PlaceHeld:
    """A member's time with an instructor of their own gym."""
    return PlaceHeld(
        booking_id=state.appointment_id,
        person_id=state.person_id,
        membership_id=state.membership_id,
        host_organisation_id=state.organisation_id,
        home_organisation_id=state.organisation_id,
        location_id=state.location_id,
        area_id=state.area_id,
        zone=state.zone,
        enter_from=state.enter_from,
        enter_until=state.enter_until,
        live=state.status in HAS_PLACE,
    )


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """A person's place in a class, who may enter in `[enter_from, enter_until)`.

    `zone` is the location's. `rests_on` is the membership that `membership_id` names: None where
    there is none, or nothing was heard of it yet.
    """

    booking_id: UUID
    membership_id: UUID | None
    home_organisation_id: UUID
    location_id: UUID
    area_id: UUID | None
    zone: str
    enter_from: datetime
    enter_until: datetime
    rests_on: MembershipState | None = None

    @property
    def coverage(self) -> Coverage:
        """The class's place alone.

        With the membership's spans a visit is counted in its weeks and periods; none is refused
        for them, because that was judged when it was booked.
        """
        areas = None if self.area_id is None else (self.area_id,)
        return Coverage(
            include=(Clause(locations=(self.location_id,), areas=areas),),
            spans=() if self.rests_on is None else self.rests_on.coverage.spans,
        )


def compile_booking(booked: Booked, now: datetime, unsigned: tuple[Stop, ...] = ()) -> Grant | None:
    """The grant of one booking; None while it opens nothing.

    What closes doors to the membership closes them to the booking. Hours and visits of the plan
    are not asked, and its credit was taken when it was booked.
    """
    if booked.enter_until + TOO_LATE_FOR <= now:
        return None
    grant = Grant(
        grant_id=booked.booking_id.bytes,
        membership_id=booked.booking_id.bytes,
        organisation_id=booked.home_organisation_id.bytes,
        policy=encode_coverage(booked.coverage)[0],
        zone=booked.zone,
        start=milliseconds(booked.enter_from),
        soft_until=milliseconds(booked.enter_until),
        hard_until=milliseconds(booked.enter_until),
        end_code="BOOKING_TOO_LATE",
        stops=unsigned,
        kind=GrantKind.BOOKING,
    )
    if booked.membership_id is None:
        return grant
    right = None if booked.rests_on is None else compile_grant(booked.rests_on, now, unsigned)
    if right is None:
        return None
    ends_before = right.hard_until < grant.hard_until
    return msgspec.structs.replace(
        grant,
        membership_id=right.membership_id,
        zone=right.zone,
        start=max(grant.start, right.start),
        soft_until=min(grant.soft_until, right.soft_until),
        hard_until=min(grant.hard_until, right.hard_until),
        end_code=right.end_code if ends_before else grant.end_code,
        stops=right.stops,
        cycle=right.cycle,
        host=right.host,
    )
