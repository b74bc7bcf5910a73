"""What is on in the demonstration: kinds of classes, and when a place has them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.contexts.scheduling.domain.room import Spot
from gymhopper.sandbox.demo.network import Venue

ROOMS: dict[str, tuple[Spot, ...]] = {
    "Studio": (),
    "Bikes": tuple(
        Spot(name=str(number + 1), row=number // 4, column=number % 4, out_of_order=number == 7)
        for number in range(12)
    ),
}
"""The rooms of every place, with the spots that are chosen in them."""

RULES: dict[str, Any] = {"opening": {"days": 14}, "free_minutes": 720}
"""What holds of all bookings."""

EVERYBODY = Requirements()
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of class. `places` None are as many as its room has spots that can be used; `rules`
    are what holds of its bookings alone. More ask for a `sought` one than it has places."""

    name: str
    description: str
    minutes: int
    room: str
    places: int | None = None
    requirements: Requirements = EVERYBODY
    rules: dict[str, Any] = field(default_factory=dict, hash=False)
    sought: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A time of the week: on these days (1 is Monday) on the wall clock, by one of the place's
    teachers."""

    kind: Kind
    days: tuple[int, ...]
    at: time
    teacher: int


@dataclass(frozen=True, slots=True)
class Series:
    """A slot at a place that is open then; `rule` is RFC 5545's."""

    slot: Slot
    rule: str


FLOW = Kind("Flow", "An hour of yoga that never stands still.", 60, "Studio", 18)
RIDE = Kind(
    "Ride",
    "Intervals on the bike; choose yours.",
    45,
    "Bikes",
    rules={"free_minutes": 120},
)
AFTER_FIFTY = Kind(
    "Strong after fifty",
    "Barbells with time to learn, from the age of fifty.",
    60,
    "Studio",
    12,
    Requirements(minimum_age=50),
)
KETTLEBELLS = Kind(
    "Kettlebell clinic",
    "Four people, one teacher, and the swing.",
    45,
    "Studio",
    4,
    rules={"waitlist": 10, "cut_off_minutes": 30},
    sought=True,
)
KINDS = (FLOW, RIDE, AFTER_FIFTY, KETTLEBELLS)

TEACHERS = 2
"""Of each place; one more of the brand steps in for those who are ill."""

SLOTS = (
    Slot(FLOW, (1, 3, 5), time(7, 15), 0),
    Slot(FLOW, (6, 7), time(10, 0), 0),
    Slot(RIDE, (1, 2, 3, 4), time(17, 30), 1),
    Slot(AFTER_FIFTY, (1, 3), time(18, 15), 0),
    Slot(KETTLEBELLS, (2, 4, 6, 7), time(19, 45), 0),
)
SIMPLE = (FLOW, KETTLEBELLS)
"""What there is at places of the lowest tier."""


def series_at(venue: Venue) -> Iterator[Series]:
    """What there is every week, on days on which the place is open for all of it."""
    for slot in SLOTS:
        days = [_DAYS[day - 1] for day in slot.days if _is_open(venue, day, slot)]
        if days and (venue.tier > 1 or slot.kind in SIMPLE):
            yield Series(slot, f"FREQ=WEEKLY;BYDAY={','.join(days)}")


def _is_open(venue: Venue, day: int, slot: Slot) -> bool:
    if venue.weekly is None:
        return True
    start = slot.at.hour * 60 + slot.at.minute
    until = start + slot.kind.minutes
    return any(
        each.weekday == day and each.start <= start and until <= each.until for each in venue.weekly
    )
