"""The places that people enter, and the calendars that they share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from gymhopper.contexts.venues.domain.geography import (
    check_country,
    check_latitude,
    check_longitude,
    check_zone,
)
from gymhopper.contexts.venues.domain.opening_times import (
    OpeningTimes,
    check_exceptions,
    resolve,
)
from gymhopper.contexts.venues.domain.organisation import Address
from gymhopper.contracts.venues.events import DayHours, LocationState
from gymhopper.kernel.calendar import WeeklyHours
from gymhopper.kernel.errors import InvalidInput

LocationStatus = Literal["open", "closed"]
"""Closed is for good; a holiday or a repair is an exception in the calendar."""

HIGHEST_TIER = 100

NIGHT_ROLLOVER = 4
"""The hour at which the day turns where people train through midnight."""


@dataclass(eq=False, kw_only=True)
class Calendar:
    """Opening times that places share: an organisation's, or a region's that adds to them."""

    id: UUID
    organisation_id: UUID
    parent_id: UUID | None
    name: str
    weekly: WeeklyHours | None
    exceptions: tuple[DayHours, ...]
    version: int = 0

    def __post_init__(self) -> None:
        check_exceptions(self.exceptions)

    def change(self, weekly: WeeklyHours | None, exceptions: tuple[DayHours, ...]) -> None:
        """Say something else about the week and the dates."""
        check_exceptions(exceptions)
        self.weekly = weekly
        self.exceptions = exceptions
        self.version += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationChange:
    """What shall be different about a location; the rest stays."""

    name: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    address: Address | UnsetType | None = UNSET
    tier: int | UnsetType = UNSET
    latitude: float | UnsetType = UNSET
    longitude: float | UnsetType = UNSET
    calendar_id: UUID | UnsetType | None = UNSET
    weekly: WeeklyHours | UnsetType | None = UNSET
    exceptions: tuple[DayHours, ...] | UnsetType = UNSET
    rollover_hour: int | UnsetType | None = UNSET
    staffed_weekly: WeeklyHours | UnsetType | None = UNSET
    staffed_exceptions: tuple[DayHours, ...] | UnsetType = UNSET
    status: LocationStatus | UnsetType = UNSET


@dataclass(eq=False, kw_only=True)
class Location:
    """A place. What it does not say itself about its opening times its calendar says, and what it
    does not say about when staff are there its opening times.

    `tier` counts up from 1, the simplest. `rollover_hour` None follows from the opening times.
    """

    id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    name: str
    zone: str
    country: str
    city: str
    address: Address | None
    tier: int
    latitude: float
    longitude: float
    calendar_id: UUID | None
    weekly: WeeklyHours | None
    exceptions: tuple[DayHours, ...]
    rollover_hour: int | None
    status: LocationStatus
    external_ref: str | None
    created_at: datetime
    staffed_weekly: WeeklyHours | None = None
    staffed_exceptions: tuple[DayHours, ...] = ()
    version: int = 0

    def __post_init__(self) -> None:
        _check({name: getattr(self, name) for name in _CHECKS})

    def change(self, change: LocationChange) -> None:
        """Take the change over; InvalidInput, and nothing changed, when it cannot be."""
        given = {each.name: getattr(change, each.name) for each in fields(change)}
        stated = {name: value for name, value in given.items() if value is not UNSET}
        _check(stated)
        for name, value in stated.items():
            setattr(self, name, value)

    @property
    def own_times(self) -> OpeningTimes:
        """What the location says itself."""
        return OpeningTimes(self.weekly, self.exceptions)

    @property
    def own_staffed_times(self) -> OpeningTimes:
        """What the location says itself of when staff are there."""
        return OpeningTimes(self.staffed_weekly, self.staffed_exceptions)

    def state(self, times: OpeningTimes) -> LocationState:
        """All of it, as others see it; `times` is what holds after inheritance."""
        always = times.around_the_clock
        staffed = staffed_times(self.own_staffed_times, times)
        return LocationState(
            location_id=self.id,
            organisation_id=self.organisation_id,
            legal_entity_id=self.legal_entity_id,
            name=self.name,
            zone=self.zone,
            country=self.country,
            city=self.city,
            tier=self.tier,
            latitude=self.latitude,
            longitude=self.longitude,
            hours=None if always else times.weekly,
            exceptions=times.exceptions,
            rollover_hour=rollover(self.rollover_hour, times),
            status=self.status,
            staffed_hours=None if staffed is times else staffed.weekly,
            staffed_exceptions=() if staffed is times else staffed.exceptions,
        )


def staffed_times(own: OpeningTimes, times: OpeningTimes) -> OpeningTimes:
    """When staff are there, of what a place says of that and the opening times that hold: whenever
    it is open, when it says nothing; and an exception of the opening times stands for staff, too,
    unless there is one for staff on that date."""
    return times if own == OpeningTimes() else resolve([own, times])


def rollover(stated: int | None, times: OpeningTimes) -> int:
    """The local hour at which a visit counts for the next day."""
    if stated is not None:
        return stated
    return NIGHT_ROLLOVER if times.around_the_clock else 0


def _check_staffed_exceptions(exceptions: tuple[DayHours, ...]) -> None:
    check_exceptions(exceptions, field="staffed_exceptions")


def _check_tier(tier: int) -> None:
    if not 1 <= tier <= HIGHEST_TIER:
        raise InvalidInput(f"A tier is 1 to {HIGHEST_TIER}.", field="tier")


def _check_rollover(hour: int | None) -> None:
    if hour is not None and not 0 <= hour <= 23:
        raise InvalidInput("A rollover hour is 0 to 23.", field="rollover_hour")


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "zone": check_zone,
    "country": check_country,
    "tier": _check_tier,
    "latitude": check_latitude,
    "longitude": check_longitude,
    "exceptions": check_exceptions,
    "staffed_exceptions": _check_staffed_exceptions,
    "rollover_hour": _check_rollover,
}


def _check(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name in _CHECKS:
            _CHECKS[name](value)
