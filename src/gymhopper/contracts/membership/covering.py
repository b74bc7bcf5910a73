"""Whether a coverage rule covers a place, and why not: the one meaning of its clauses.

It is asked of the rule as it is told, and of forms that others compiled of it; ids need only be of
one kind on both sides.
"""

from collections.abc import Collection, Sequence
from typing import Literal, Protocol, TypeVar

IdT_co = TypeVar("IdT_co", covariant=True)
IdT = TypeVar("IdT")

NotCovered = Literal["LOCATION_NOT_COVERED", "TIER_TOO_LOW", "ZONE_NOT_COVERED"]


class Place(Protocol[IdT_co]):
    """Where somebody wants to be; `area_id` is None where that is no area in particular."""

    @property
    def location_id(self) -> IdT_co: ...
    @property
    def organisation_id(self) -> IdT_co: ...
    @property
    def area_id(self) -> IdT_co | None: ...
    @property
    def city(self) -> str: ...
    @property
    def tier(self) -> int: ...


class Predicates(Protocol[IdT_co]):
    """A clause; None is a predicate that is not asked."""

    @property
    def locations(self) -> Collection[IdT_co] | None: ...
    @property
    def organisations(self) -> Collection[IdT_co] | None: ...
    @property
    def cities(self) -> Collection[str] | None: ...
    @property
    def tier_up_to(self) -> int | None: ...
    @property
    def areas(self) -> Collection[IdT_co] | None: ...
    @property
    def home(self) -> bool: ...


class Rule(Protocol[IdT_co]):
    """Covered is what matches any `include` clause and no `exclude` clause."""

    @property
    def include(self) -> Sequence[Predicates[IdT_co]]: ...
    @property
    def exclude(self) -> Sequence[Predicates[IdT_co]]: ...


def refusal(rule: Rule[IdT], place: Place[IdT], home: IdT | None = None) -> NotCovered | None:
    """None when the place is covered, else the code that says why not.

    `home` is the location that is home at the time. What would need least comes first: another
    area of this place, a higher tier, another place.
    """
    for clause in rule.exclude:
        if _covers(clause, place, home):
            if clause.areas is None:
                return "LOCATION_NOT_COVERED"
            if place.area_id in clause.areas:
                return "ZONE_NOT_COVERED"
    elsewhere = False
    for clause in rule.include:
        if _covers(clause, place, home):
            if clause.areas is None or place.area_id is None or place.area_id in clause.areas:
                return None
            elsewhere = True
    if elsewhere:
        return "ZONE_NOT_COVERED"
    return "TIER_TOO_LOW" if _higher_tier_helps(rule, place, home) else "LOCATION_NOT_COVERED"


def _covers(
    clause: Predicates[IdT], place: Place[IdT], home: IdT | None, *, any_tier: bool = False
) -> bool:
    """Whether all predicates hold for the place's location. Areas are not asked."""
    return (
        (any_tier or clause.tier_up_to is None or place.tier <= clause.tier_up_to)
        and (clause.cities is None or place.city in clause.cities)
        and (clause.locations is None or place.location_id in clause.locations)
        and (clause.organisations is None or place.organisation_id in clause.organisations)
        and (not clause.home or place.location_id == home)
    )


def _higher_tier_helps(rule: Rule[IdT], place: Place[IdT], home: IdT | None) -> bool:
    area = place.area_id
    return any(
        _covers(each, place, home, any_tier=True)
        and (each.areas is None or area is None or area in each.areas)
        for each in rule.include
    )
