"""The rules of doors, asked about places and plans that are still on paper."""

from datetime import datetime
from functools import lru_cache

from gymhopper.contexts.access.domain.coverage import Policy, compile_policy, encode_coverage
from gymhopper.contexts.access.domain.hours import WallTime, is_open, within_hours
from gymhopper.contexts.access.domain.records import Door
from gymhopper.contracts.membership import covering
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.kernel.calendar import local
from gymhopper.sandbox.demo.network import Venue


@lru_cache(maxsize=256)
def door_of(venue: Venue) -> Door:
    """What a decision needs to know of the place."""
    return Door(
        location_id=b"",
        organisation_id=b"",
        area_id=None,
        city=venue.city.name,
        tier=venue.tier,
        zone=venue.city.zone,
        rollover_hour=4 if venue.weekly is None else 0,
        hours=venue.weekly,
    )


@lru_cache(maxsize=64)
def policy_of(coverage: Coverage) -> Policy:
    """The coverage as doors ask it."""
    return compile_policy(encode_coverage(coverage)[1])


def refusal(coverage: Coverage, venue: Venue) -> str | None:
    """Why the coverage does not open the place, None when it does."""
    return covering.refusal(policy_of(coverage), door_of(venue))


def opens(coverage: Coverage, venue: Venue) -> bool:
    """Whether the coverage opens the place at some time."""
    return refusal(coverage, venue) is None


def is_venue_open(venue: Venue, at: datetime) -> bool:
    """Whether the place is open."""
    return is_open(door_of(venue), WallTime.of(local(at, venue.city.zone)))


def is_plan_hour(coverage: Coverage, venue: Venue, at: datetime) -> bool:
    """Whether the coverage holds at that hour at the place."""
    wall = WallTime.of(local(at, venue.city.zone))
    return coverage.hours is None or within_hours(coverage.hours, wall)
