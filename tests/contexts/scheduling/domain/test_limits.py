"""The limits of a plan: which uses count together."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from gymhopper.contexts.scheduling.domain.limits import Use, reached
from gymhopper.contracts.membership.coverage import Clause, Coverage, SpanQuota, VisitQuota
from gymhopper.contracts.membership.state import Cycle, MembershipState

HERE, THERE, OURS, THEIRS = (UUID(int=n) for n in range(1, 5))


def state(**coverage: Any) -> MembershipState:
    return MembershipState(
        membership_id=UUID(int=9),
        member_id=UUID(int=8),
        person_id=UUID(int=7),
        organisation_id=OURS,
        plan_id=UUID(int=6),
        zone="Europe/Vienna",
        coverage=Coverage(include=(Clause(),), **coverage),
        contract="active",
        cycle=Cycle(first_day=date(2026, 1, 15), interval="month", count=1),
    )


def use(at: str, location: UUID = HERE, organisation: UUID = OURS, rollover: int = 0) -> Use:
    when = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return Use(when, location, organisation, "Europe/Vienna", rollover)


@pytest.mark.parametrize(
    ("scope", "other", "counts"),
    [
        ("network", use("2026-03-03T10:00", THERE, THEIRS), True),
        ("organisation", use("2026-03-03T10:00", THERE, THEIRS), False),
        ("organisation", use("2026-03-03T10:00", THERE, OURS), True),
        ("location", use("2026-03-03T10:00", THERE, OURS), False),
        ("location", use("2026-03-03T10:00", HERE, OURS), True),
    ],
)
def test_a_limit_counts_what_lies_in_its_scope(scope: Any, other: Use, counts: bool) -> None:
    held = state(quotas=(VisitQuota(visits=1, per="month", scope=scope),))
    found = reached(held, use("2026-03-02T10:00"), [other])
    assert found == ("USAGE_LIMIT_REACHED" if counts else None)


@pytest.mark.parametrize(
    ("per", "other", "counts"),
    [
        ("week", "2026-03-08T22:59", True),
        ("week", "2026-03-08T23:00", False),
        ("week", "2026-03-01T22:59", False),
        ("period", "2026-02-14T23:00", True),
        ("period", "2026-02-14T22:59", False),
        ("period", "2026-03-14T22:59", True),
        ("period", "2026-03-14T23:00", False),
    ],
)
def test_weeks_and_periods_turn_at_midnight_of_the_contracts_zone(
    per: Any, other: str, counts: bool
) -> None:
    held = state(spans=(SpanQuota(visits=1, per=per),))
    found = reached(held, use("2026-03-04T10:00"), [use(other)])
    assert found == ("USAGE_LIMIT_REACHED" if counts else None)


def test_a_day_turns_at_the_places_own_hour() -> None:
    held = state(quotas=(VisitQuota(visits=1, per="day"),))
    late = use("2026-03-05T02:30", rollover=4)
    assert reached(held, use("2026-03-04T18:00", rollover=4), [late]) == "DAILY_LIMIT_REACHED"
    assert reached(held, use("2026-03-05T18:00", rollover=4), [late]) is None
    assert reached(held, use("2026-03-05T18:00"), [use("2026-03-05T02:30")]) is not None


def test_a_period_that_nobody_knows_is_not_given_away() -> None:
    held = state(spans=(SpanQuota(visits=5, per="period"),))
    unknown = MembershipState(
        **{name: getattr(held, name) for name in held.__struct_fields__ if name != "cycle"}
    )
    assert reached(unknown, use("2026-03-04T10:00"), []) == "USAGE_LIMIT_REACHED"
