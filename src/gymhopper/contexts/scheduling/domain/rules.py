"""What an organisation says of its bookings: when they open, what a late cancellation costs."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

import msgspec

from gymhopper.contexts.scheduling.domain.terms import Terms
from gymhopper.kernel.calendar import local, zone
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.money import Money


class Strikes(msgspec.Struct, frozen=True, kw_only=True):
    """So many within so many days, and no bookings for so many days; the first is a warning.

    `late` and `missed` tell what counts.
    """

    most: int = 3
    within_days: int = 30
    hold_days: int = 7
    late: bool = True
    missed: bool = True


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Bookings open so many days before the class: at the hour of the class, or `at` a local time
    of that day."""

    days: int
    at: time | None = None


class BookingRules(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, with what holds where nobody said anything.

    Minutes count back from the start of the class. `free_minutes` before it a cancellation is free
    for the last time; `cut_off_minutes` before it nobody comes up from the waitlist by themselves.
    `waitlist` is how many may stand in line (None: all), `waitlist_a_day` how many places in line a
    person may take on a day, `waitlist_mode` whether the first gets a free place, or is asked for
    `offer_minutes`; `late_promotion` whether that is so later than a free cancellation, too, where
    a promotion may be declined. `most_open` is how many bookings a person may have ahead.
    `unmarked` is what a booking becomes when nobody says, `unmarked_hours`
    after the class. Whoever holds a place may come in `enter_before_minutes` before the start.
    `missed_counts` tells whether a missed class counts against the limits of a plan.
    """

    opening: Opening | None = None
    close_minutes: int = 0
    free_minutes: int = 720
    late_fee: Money | None = None
    missed_fee: Money | None = None
    late_credits_back: bool = False
    missed_credits_back: bool = False
    fee_hours: int = 24
    strikes: Strikes | None = None
    waitlist: int | None = None
    waitlist_a_day: int | None = None
    waitlist_mode: Literal["promote", "offer"] = "promote"
    late_promotion: Literal["promote", "offer"] = "offer"
    cut_off_minutes: int = 60
    offer_minutes: int = 30
    most_open: int | None = None
    overlapping: bool = False
    guests: int = 0
    enter_before_minutes: int = 30
    enter_after_minutes: int = 15
    by_door: bool = True
    unmarked: Literal["attended", "missed"] = "attended"
    unmarked_hours: int = 24
    missed_counts: bool = True

    @property
    def terms(self) -> Terms:
        """What a booking is made on."""
        return Terms(
            late_fee=self.late_fee,
            missed_fee=self.missed_fee,
            late_credits_back=self.late_credits_back,
            missed_credits_back=self.missed_credits_back,
            fee_hours=self.fee_hours,
        )

    def opens_at(self, start: datetime, zone_name: str) -> datetime | None:
        """When bookings of a class open; None when they always were."""
        if self.opening is None:
            return None
        wall = local(start, zone_name)
        day = wall.date() - timedelta(days=self.opening.days)
        return at_local_time(day, self.opening.at or wall.time(), zone_name)

    def closes_at(self, start: datetime) -> datetime:
        """From when on only staff book."""
        return start - timedelta(minutes=self.close_minutes)

    def free_until(self, start: datetime) -> datetime:
        """Until when a cancellation is free."""
        return start - timedelta(minutes=self.free_minutes)

    def cut_off(self, start: datetime) -> datetime:
        """From when on nobody is moved up without being asked."""
        return start - timedelta(minutes=self.cut_off_minutes)


_NAMES = frozenset(BookingRules.__struct_fields__)


def at_local_time(day: date, at: time, zone_name: str) -> datetime:
    """The instant of a wall-clock time on a day; of two, the first; of none, as far behind the gap
    as it would have been (RFC 5545, section 3.3.5)."""
    wall = datetime.combine(day, at).replace(tzinfo=zone(zone_name), fold=0)
    return wall.astimezone(UTC)


def resolve(said: Iterable[Mapping[str, Any]]) -> BookingRules:
    """The rules that hold, out of what was said: of each the last one."""
    merged: dict[str, Any] = {}
    for each in said:
        merged.update({name: value for name, value in each.items() if name in _NAMES})
    return msgspec.convert(merged, BookingRules)


def check(said: Mapping[str, Any]) -> None:
    """Raises InvalidInput for rules that contradict themselves or cannot be."""
    try:
        rules = resolve([said])
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error), field="rules") from error
    for name, value in msgspec.structs.asdict(rules).items():
        if isinstance(value, int) and not isinstance(value, bool) and not 0 <= value <= 100_000:
            raise InvalidInput("It is a number from 0 on.", field=f"rules.{name}")
