"""Coverage rules, compiled so that a door can ask them quickly."""

from hashlib import blake2b
from uuid import UUID

import msgspec

from gymhopper.contexts.access.domain.records import Door, Id
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.kernel.calendar import WeeklyHours


class PlaceClause(msgspec.Struct, frozen=True, gc=False):
    """A clause with ids as bytes; None is a predicate that is not asked."""

    locations: frozenset[Id] | None
    organisations: frozenset[Id] | None
    cities: frozenset[str] | None
    tier_up_to: int | None

    def covers(self, door: Door, *, tier: bool = True) -> bool:
        """Whether all predicates hold for the door's location; without `tier`, all but that."""
        return (
            (not tier or self.tier_up_to is None or door.tier <= self.tier_up_to)
            and (self.cities is None or door.city in self.cities)
            and (self.locations is None or door.location_id in self.locations)
            and (self.organisations is None or door.organisation_id in self.organisations)
        )


class Policy(msgspec.Struct, frozen=True, gc=False):
    """The compiled content of a coverage rule. Immutable under its hash."""

    include: tuple[PlaceClause, ...]
    exclude: tuple[PlaceClause, ...]
    hours: WeeklyHours | None
    quotas: tuple[VisitQuota, ...]

    def refusal(self, door: Door) -> str | None:
        """None when the door's location is covered, else the code that says why not."""
        for clause in self.exclude:
            if clause.covers(door):
                return "LOCATION_NOT_COVERED"
        for clause in self.include:
            if clause.covers(door):
                return None
        if any(clause.covers(door, tier=False) for clause in self.include):
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
        quotas=coverage.quotas,
    )


def _clause(clause: Clause) -> PlaceClause:
    def ids(uuids: tuple[UUID, ...] | None) -> frozenset[Id] | None:
        return None if uuids is None else frozenset(each.bytes for each in uuids)

    return PlaceClause(
        locations=ids(clause.locations),
        organisations=ids(clause.organisations),
        cities=None if clause.cities is None else frozenset(clause.cities),
        tier_up_to=clause.tier_up_to,
    )
