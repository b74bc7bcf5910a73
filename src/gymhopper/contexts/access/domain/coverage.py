"""Coverage rules, compiled so that a door can ask them quickly."""

from hashlib import blake2b
from uuid import UUID

import msgspec

from gymhopper.contexts.access.domain.records import Id
from gymhopper.contracts.membership.coverage import Clause, Coverage, SpanQuota, VisitQuota
from gymhopper.kernel.calendar import WeeklyHours


class PlaceClause(msgspec.Struct, frozen=True, gc=False):
    """A clause with ids as bytes, as `gymhopper.contracts.membership.covering` asks it."""

    locations: frozenset[Id] | None
    organisations: frozenset[Id] | None
    cities: frozenset[str] | None
    tier_up_to: int | None
    areas: frozenset[Id] | None = None
    home: bool = False


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
