"""Coverage rules, compiled so that a door can ask them quickly."""

from hashlib import blake2b
from uuid import UUID

import msgspec

from gymhopper.contexts.access.domain.records import Door, Id
from gymhopper.contracts.membership.coverage import Clause, Coverage, SpanQuota, VisitQuota
from gymhopper.kernel.calendar import WeeklyHours


class PlaceClause(msgspec.Struct, frozen=True, gc=False):
    """A clause with ids as bytes; None is a predicate that is not asked."""

    locations: frozenset[Id] | None
    organisations: frozenset[Id] | None
    cities: frozenset[str] | None
    tier_up_to: int | None
    areas: frozenset[Id] | None = None
    home: bool = False

    def covers(self, door: Door, home: Id | None = None, *, tier: bool = True) -> bool:
        """Whether all predicates hold for the door's location; without `tier`, all but that.

        Areas are not asked: see `lets_into`.
        """
        return (
            (not tier or self.tier_up_to is None or door.tier <= self.tier_up_to)
            and (self.cities is None or door.city in self.cities)
            and (self.locations is None or door.location_id in self.locations)
            and (self.organisations is None or door.organisation_id in self.organisations)
            and (not self.home or door.location_id == home)
        )

    def lets_into(self, door: Door) -> bool:
        """Whether it says nothing of areas, or the door leads into one of them, or into none."""
        return self.areas is None or door.area_id is None or door.area_id in self.areas


class Policy(msgspec.Struct, frozen=True, gc=False):
    """The compiled content of a coverage rule. Immutable under its hash.

    `weeks` and `cycles` tell whether visits are counted by the week, and by the contract's periods.
    """

    include: tuple[PlaceClause, ...]
    exclude: tuple[PlaceClause, ...]
    hours: WeeklyHours | None
    quotas: tuple[VisitQuota | SpanQuota, ...]
    weeks: bool = False
    cycles: bool = False

    def refusal(self, door: Door, home: Id | None = None) -> str | None:
        """None when the door is covered, else the code that says why not.

        What would need least comes first: another door of this place, a higher tier, another place.
        """
        for clause in self.exclude:
            if clause.covers(door, home):
                if clause.areas is None:
                    return "LOCATION_NOT_COVERED"
                if door.area_id in clause.areas:
                    return "ZONE_NOT_COVERED"
        elsewhere = False
        for clause in self.include:
            if clause.covers(door, home):
                if clause.areas is None or clause.lets_into(door):
                    return None
                elsewhere = True
        if elsewhere:
            return "ZONE_NOT_COVERED"
        if any(
            clause.covers(door, home, tier=False) and clause.lets_into(door)
            for clause in self.include
        ):
            return "TIER_TOO_LOW"
        return "LOCATION_NOT_COVERED"


def encode_coverage(coverage: Coverage) -> tuple[bytes, bytes]:
    """The content hash (16 bytes) that grants name, and the payload that the feed carries."""
    payload = msgspec.msgpack.encode(coverage)
    return blake2b(payload, digest_size=16).digest(), payload


def compile_policy(payload: bytes) -> Policy:
    """The policy in a payload of `encode_coverage`; msgspec.DecodeError when it is none."""
    coverage = msgspec.msgpack.decode(payload, type=Coverage)
    return Policy(
        include=tuple(map(_clause, coverage.include)),
        exclude=tuple(map(_clause, coverage.exclude)),
        hours=coverage.hours,
        quotas=coverage.limits,
        weeks=any(each.per == "week" for each in coverage.spans),
        cycles=any(each.per == "period" for each in coverage.spans),
    )


def _clause(clause: Clause) -> PlaceClause:
    def ids(uuids: tuple[UUID, ...] | None) -> frozenset[Id] | None:
        return None if uuids is None else frozenset(each.bytes for each in uuids)

    return PlaceClause(
        locations=ids(clause.locations),
        organisations=ids(clause.organisations),
        cities=None if clause.cities is None else frozenset(clause.cities),
        tier_up_to=clause.tier_up_to,
        areas=ids(clause.areas),
        home=clause.home,
    )
