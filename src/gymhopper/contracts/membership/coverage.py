"""The coverage rule: where, when and how often a membership opens doors."""

from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.kernel.calendar import Hours


class Clause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Predicates that must all hold; one without any predicate covers everything.

    `cities` are matched by exact name, `tier_up_to` covers tiers 1 to T.
    """

    locations: tuple[UUID, ...] | None = None
    organisations: tuple[UUID, ...] | None = None
    cities: tuple[str, ...] | None = None
    tier_up_to: int | None = None


class VisitQuota(msgspec.Struct, frozen=True, kw_only=True):
    """At most `visits` in each period, counted apart for each place of the scope.

    A day is the visited location's local date, a month the calendar month in the membership's zone.
    """

    visits: int
    per: Literal["day", "month"]
    scope: Literal["network", "organisation", "location"] = "network"


class Coverage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Covered is what matches any `include` clause and no `exclude` clause.

    `hours` are weekly hours in the visited location's zone; None is any time.
    """

    include: tuple[Clause, ...] = ()
    exclude: tuple[Clause, ...] = ()
    hours: tuple[Hours, ...] | None = None
    quotas: tuple[VisitQuota, ...] = ()
