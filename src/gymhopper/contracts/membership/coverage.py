"""The coverage rule: where, when and how often a membership opens doors."""

from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.kernel.calendar import Hours

Scope = Literal["network", "organisation", "location"]


class Clause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Predicates that must all hold; one without any predicate covers everything.

    `cities` are matched by exact name, `tier_up_to` covers tiers 1 to T, `home` the location that
    was chosen as home, whichever it is at the time. `areas` are parts of locations: what includes
    some covers doors to no area in particular, too, and what excludes some leaves those alone.
    """

    locations: tuple[UUID, ...] | None = None
    organisations: tuple[UUID, ...] | None = None
    cities: tuple[str, ...] | None = None
    tier_up_to: int | None = None
    areas: tuple[UUID, ...] | None = None
    home: bool = False


class VisitQuota(msgspec.Struct, frozen=True, kw_only=True):
    """At most `visits` in each period, counted apart for each place of the scope.

    A day is the visited location's local date, a month the calendar month in the membership's zone.
    """

    visits: int
    per: Literal["day", "month"]
    scope: Scope = "network"


class SpanQuota(msgspec.Struct, frozen=True, kw_only=True):
    """The same for a week from Monday on, or a period as the contract is charged for.

    Both are in the membership's zone. It is a kind of its own because readers of older events
    would not know the words.
    """

    visits: int
    per: Literal["week", "period"]
    scope: Scope = "network"


class Coverage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Covered is what matches any `include` clause and no `exclude` clause.

    `hours` are weekly hours in the visited location's zone; None is any time. `class_types` are
    those that may be booked; None is all.
    """

    include: tuple[Clause, ...] = ()
    exclude: tuple[Clause, ...] = ()
    hours: tuple[Hours, ...] | None = None
    quotas: tuple[VisitQuota, ...] = ()
    class_types: tuple[UUID, ...] | None = None
    spans: tuple[SpanQuota, ...] = ()

    @property
    def limits(self) -> tuple[VisitQuota | SpanQuota, ...]:
        """All quotas, whatever their periods."""
        return (*self.quotas, *self.spans)

    @property
    def has_home(self) -> bool:
        """Whether it depends on a home location."""
        return any(each.home for each in (*self.include, *self.exclude))
