"""A class and a booking as their events tell of them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

ClassStatus = Literal["scheduled", "cancelled"]

Channel = Literal["online", "desk", "network"]
"""Through which a place was taken: a member by themselves, staff for them, or a network's member
out of its allotment."""

BookingStatus = Literal["booked", "waiting", "offered", "attended", "missed", "cancelled"]
"""`booked`, `offered`, `attended` and `missed` hold a place; `waiting` stands in line for one."""

Ending = Literal["early", "late", "by_gym", "released", "lapsed"]
"""How a booking was cancelled: in time, too late, by the gym (with its class, say), because the
membership rests or ends, or without ever having had a place."""


class ClassState(msgspec.Struct, frozen=True, kw_only=True):
    """One dated occurrence, `[start, until)`, as it is after the event that carries it.

    `name` is what the timetable calls it. `zone` is the location's. `capacity` is the number of
    places in all. `area_id` is the part of the location in which the room lies, as doors know it.
    `substitute` tells that somebody teaches who was not planned.
    """

    class_id: UUID
    host_organisation_id: UUID
    location_id: UUID
    class_type_id: UUID
    schedule_id: UUID | None = None
    name: str
    start: datetime
    until: datetime
    zone: str
    room_id: UUID | None = None
    area_id: UUID | None = None
    instructor_ids: tuple[UUID, ...] = ()
    capacity: int
    status: ClassStatus = "scheduled"
    substitute: bool = False


class BookingState(msgspec.Struct, frozen=True, kw_only=True):
    """A person's place in a class, or in the line for one, as it is after the event.

    `host_organisation_id` runs the class, `home_organisation_id` is the one whose member the person
    comes as. `membership_id` is what the booking rests on; None where staff booked without one.
    `start` and `until` are the class's. Whoever holds a place may enter within
    `[enter_from, enter_until)`. `credits` are how many of the membership's it takes. A guest's
    booking names the host's, `host_booking_id`, and `host_person_id`, who is asked for its fees.
    """

    booking_id: UUID
    class_id: UUID
    class_type_id: UUID
    host_organisation_id: UUID
    home_organisation_id: UUID
    location_id: UUID
    area_id: UUID | None = None
    person_id: UUID
    member_id: UUID
    membership_id: UUID | None = None
    channel: Channel
    status: BookingStatus
    start: datetime
    until: datetime
    zone: str
    enter_from: datetime
    enter_until: datetime
    credits: int = 0
    spot: str | None = None
    host_booking_id: UUID | None = None
    host_person_id: UUID | None = None
