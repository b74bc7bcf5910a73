"""Fields that several routes share: names, addresses, opening times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.contexts.venues.domain.organisation import Address
from gymhopper.contracts.venues.events import DayHours
from gymhopper.kernel.calendar import DAY_MINUTES, Hours, WeeklyHours

_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PRINTABLE),
]
Zone = Annotated[
    str, Field(max_length=64, description="IANA time zone", examples=["Europe/Berlin"])
]
Country = Annotated[str, Field(max_length=2, description="ISO 3166-1 alpha-2", examples=["DE"])]
Currency = Annotated[str, Field(max_length=3, description="ISO 4217", examples=["EUR"])]
ExternalRef = Annotated[
    Name, Field(description="The id in the system that this comes from; unique per organisation.")
]
Opens = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["06:00"])]
Closes = Annotated[
    str,
    Field(
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        description="Local time; one that is not after `opens` is on the next day.",
        examples=["22:30"],
    ),
]


class PostalAddress(BaseModel):
    """An address inside the country that goes with it."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    line1: Name
    line2: Name | None = None
    postal_code: Name | None = None
    city: Name
    region: Name | None = None

    def value(self) -> Address:
        """As the domain has it."""
        return Address(**self.model_dump())


class Stretch(BaseModel):
    """From a local time to a later one, at most a day long."""

    model_config = ConfigDict(extra="forbid")

    opens: Opens
    closes: Closes

    def minutes(self) -> tuple[int, int]:
        """Half-open minutes after the local midnight."""
        start, until = _minute(self.opens), _minute(self.closes)
        return start, until if until > start else until + DAY_MINUTES

    @classmethod
    def of(cls, start: int, until: int) -> Stretch:
        """Read minutes back."""
        return cls(opens=_wall(start), closes=_wall(until))


class WeekdayHours(Stretch):
    """A stretch of every week; weekday 1 is Monday (ISO 8601)."""

    weekday: int = Field(ge=1, le=7)


class DatedHours(BaseModel):
    """What replaces the week's hours on one local date; an empty `open` is closed."""

    model_config = ConfigDict(extra="forbid")

    date: date
    open: list[Stretch] = Field(default=[], max_length=20)


Week = Annotated[list[WeekdayHours], Field(max_length=100)]
Dates = Annotated[list[DatedHours], Field(max_length=1000)]


class OpeningTimes(BaseModel):
    """When it is open, or staff are there, with everything that follows from elsewhere."""

    around_the_clock: bool
    hours: list[WeekdayHours]
    exceptions: list[DatedHours]


def week_value(week: Iterable[WeekdayHours] | None) -> WeeklyHours | None:
    """Weekly hours as the domain has them."""
    if week is None:
        return None
    return tuple(Hours(each.weekday, *each.minutes()) for each in week)


def dates_value(dates: Iterable[DatedHours]) -> tuple[DayHours, ...]:
    """Exceptions as the domain has them."""
    return tuple(
        DayHours(date=each.date.isoformat(), open=tuple(stretch.minutes() for stretch in each.open))
        for each in dates
    )


def week_shown(weekly: WeeklyHours) -> list[WeekdayHours]:
    """Weekly hours as the API has them."""
    return [
        WeekdayHours(weekday=each.weekday, opens=_wall(each.start), closes=_wall(each.until))
        for each in weekly
    ]


def dates_shown(exceptions: Iterable[DayHours]) -> list[DatedHours]:
    """Exceptions as the API has them."""
    return [
        DatedHours(
            date=date.fromisoformat(each.date),
            open=[Stretch.of(start, until) for start, until in each.open],
        )
        for each in exceptions
    ]


def _minute(wall: str) -> int:
    return int(wall[:2]) * 60 + int(wall[3:])


def _wall(minute: int) -> str:
    if minute > DAY_MINUTES:
        minute -= DAY_MINUTES
    return f"{minute // 60:02}:{minute % 60:02}"
