"""Single rules of the decision, each shown by an example."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.access.domain.cases import (
    BRAND,
    DAY,
    EVERYWHERE,
    HERE,
    NOON,
    THERE,
    ask,
    changed,
    door,
    grant,
    policies,
    scan,
    state,
)
from gymhopper.contexts.access.domain.decision import decide
from gymhopper.contexts.access.domain.grants import Stage
from gymhopper.contexts.access.domain.hours import WallTime, is_open, within_hours
from gymhopper.contexts.access.domain.records import (
    Credential,
    GrantKind,
    Person,
    Stop,
    milliseconds,
)
from gymhopper.contexts.access.domain.usage import Spending, Usage, convert
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.kernel.calendar import Hours, within

NEVER = Coverage(include=())
TIER_ONE = Coverage(include=(Clause(tier_up_to=1),))


def at(**delta: float) -> int:
    return milliseconds(NOON + timedelta(**delta))


def test_a_grant_that_covers_admits() -> None:
    decision = ask(state(grant()))
    assert (decision.outcome, decision.code, decision.open) == ("allow", "ALLOWED", True)
    assert decision.notices == ()
    assert decision.counts_now


@pytest.mark.parametrize(
    ("mode", "code"), [("lockdown", "DOOR_LOCKDOWN"), ("out_of_service", "DOOR_OUT_OF_SERVICE")]
)
def test_a_closed_door_refuses_before_anything_else(mode: Any, code: str) -> None:
    assert ask(state(credential=None, door=door(mode=mode))).code == code


@pytest.mark.parametrize("mode", ["normal", "lockdown", "out_of_service"])
def test_an_exit_is_always_allowed_and_uses_nothing(mode: Any) -> None:
    decision = ask(state(credential=None, person=None, door=door(mode=mode, direction="exit")))
    assert (decision.outcome, decision.usage, decision.visit_id) == ("allow", None, None)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"revoked": True}, "CREDENTIAL_REVOKED"),
        ({"start": at(seconds=1)}, "CREDENTIAL_NOT_YET_VALID"),
        ({"start": at()}, "ALLOWED"),
        ({"until": at()}, "CREDENTIAL_EXPIRED"),
        ({"until": at(seconds=1)}, "ALLOWED"),
    ],
)
def test_a_credential_is_valid_in_its_half_open_time(fields: dict[str, Any], code: str) -> None:
    assert ask(state(grant(), credential=Credential(b"p" * 16, b"c" * 16, **fields))).code == code


def test_a_door_takes_only_the_kinds_it_accepts() -> None:
    assert ask(state(grant(), door=door(accepts=("pass",)))).code == "CREDENTIAL_TYPE_NOT_ALLOWED"


def test_a_blocked_person_is_refused_whatever_the_grants() -> None:
    blocked = Person((grant(),), (Stop("PERSON_BLOCKED", at(), at(days=1)),))
    asked = state(person=blocked)
    assert ask(asked).code == "PERSON_BLOCKED"
    assert ask(asked, NOON + DAY).code == "ALLOWED"


@pytest.mark.parametrize("person", [None, Person()])
def test_without_any_grant_there_is_no_entitlement(person: Person | None) -> None:
    assert ask(state(person=person)).code == "NO_ENTITLEMENT"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start": at(seconds=1)}, "MEMBERSHIP_NOT_STARTED"),
        ({"start": at()}, "ALLOWED"),
        ({"hard_until": at()}, "MEMBERSHIP_EXPIRED"),
        ({"hard_until": at(), "end_code": "PAYMENT_PAST_DUE"}, "PAYMENT_PAST_DUE"),
        ({"hard_until": at(seconds=1)}, "ALLOWED"),
        ({"stops": (Stop("MEMBERSHIP_FROZEN", at()),)}, "MEMBERSHIP_FROZEN"),
        ({"stops": (Stop("MEMBERSHIP_FROZEN", at(days=-1), at()),)}, "ALLOWED"),
        ({"stops": (Stop("MEMBERSHIP_FROZEN", at(seconds=1)),)}, "ALLOWED"),
    ],
)
def test_a_grant_admits_in_its_half_open_time(fields: dict[str, Any], code: str) -> None:
    assert ask(state(grant(**fields))).code == code


def test_after_the_soft_end_the_grace_is_told() -> None:
    assert ask(state(grant(soft_until=at()))).notices == ("PAYMENT_GRACE",)


@pytest.mark.parametrize(
    ("end_code", "left", "notices"),
    [
        ("MEMBERSHIP_CANCELLED", 6, ("EXPIRES_SOON",)),
        ("MEMBERSHIP_CANCELLED", 7, ()),
        ("PAYMENT_PAST_DUE", 6, ()),  # the next payment moves that end
    ],
)
def test_a_near_end_is_told_when_nothing_will_move_it(
    end_code: str, left: int, notices: tuple[str, ...]
) -> None:
    until = at(days=left)
    asked = state(grant(hard_until=until, soft_until=until, end_code=end_code))
    assert ask(asked).notices == notices


@pytest.mark.parametrize(
    ("coverage", "code"),
    [
        (EVERYWHERE, "ALLOWED"),
        (NEVER, "LOCATION_NOT_COVERED"),
        (Coverage(include=(Clause(locations=(UUID(bytes=HERE),)),)), "ALLOWED"),
        (Coverage(include=(Clause(locations=()),)), "LOCATION_NOT_COVERED"),
        (Coverage(include=(Clause(locations=(UUID(bytes=THERE),)),)), "LOCATION_NOT_COVERED"),
        (Coverage(include=(Clause(organisations=(UUID(bytes=BRAND),)),)), "ALLOWED"),
        (Coverage(include=(Clause(cities=("Bonn", "Berlin")),)), "ALLOWED"),
        (Coverage(include=(Clause(cities=("berlin",)),)), "LOCATION_NOT_COVERED"),
        (Coverage(include=(Clause(tier_up_to=2),)), "ALLOWED"),
        (TIER_ONE, "TIER_TOO_LOW"),
        (Coverage(include=(Clause(tier_up_to=1, cities=("Bonn",)),)), "LOCATION_NOT_COVERED"),
        (Coverage(include=(Clause(tier_up_to=1), Clause(cities=("Berlin",)))), "ALLOWED"),
        (
            Coverage(include=(Clause(),), exclude=(Clause(cities=("Berlin",)),)),
            "LOCATION_NOT_COVERED",
        ),
        (Coverage(include=(Clause(),), exclude=(Clause(tier_up_to=1),)), "ALLOWED"),
    ],
)
def test_coverage_is_any_include_and_no_exclude(coverage: Coverage, code: str) -> None:
    assert ask(state(grant(coverage), coverages=(coverage,))).code == code


def test_a_tier_that_is_too_low_names_the_tier_needed() -> None:
    assert ask(state(grant(TIER_ONE), coverages=(TIER_ONE,))).tier_needed == 2


def test_opening_hours_and_their_exceptions_are_the_locations() -> None:
    weekday = door(hours=(Hours(3, 9 * 60, 13 * 60),))  # Wednesdays, 9 to 13 in Berlin
    asked = state(grant(), door=weekday)
    assert ask(asked, NOON - timedelta(seconds=1)).code == "ALLOWED"
    assert ask(asked, NOON).code == "LOCATION_CLOSED"
    holiday = door(hours=weekday.hours, exceptions={NOON.toordinal(): ((13 * 60, 14 * 60),)})
    asked = state(grant(), door=holiday)
    assert ask(asked, NOON - timedelta(seconds=1)).code == "LOCATION_CLOSED"
    assert ask(asked, NOON).code == "ALLOWED"


def test_hours_run_into_the_next_day() -> None:
    late = door(hours=(Hours(2, 22 * 60, 26 * 60),))  # Tuesday 22:00 to Wednesday 02:00
    asked = state(grant(), door=late)
    assert ask(asked, datetime(2026, 3, 4, 0, 59, tzinfo=UTC)).code == "ALLOWED"
    assert ask(asked, datetime(2026, 3, 4, 1, 0, tzinfo=UTC)).code == "LOCATION_CLOSED"
    elsewhere = changed(asked, door=door(hours=late.hours, exceptions={1: ()}))
    assert ask(elsewhere, datetime(2026, 3, 4, 0, 59, tzinfo=UTC)).code == "ALLOWED"
    assert ask(elsewhere, datetime(2026, 3, 4, 1, 0, tzinfo=UTC)).code == "LOCATION_CLOSED"
    closed_tuesday = changed(asked, door=door(hours=late.hours, exceptions={739_678: ()}))
    assert datetime.fromordinal(739_678).date().isoformat() == "2026-03-03"
    assert ask(closed_tuesday, datetime(2026, 3, 4, 0, 59, tzinfo=UTC)).code == "LOCATION_CLOSED"


def test_plan_hours_are_read_on_the_visited_locations_clock() -> None:
    mornings = Coverage(include=(Clause(),), hours=(Hours(3, 0, 12 * 60),))
    asked = state(grant(mornings, zone="Asia/Tokyo"), coverages=(mornings,))
    assert ask(asked, NOON - timedelta(hours=1, seconds=1)).code == "ALLOWED"
    assert ask(asked, NOON - timedelta(hours=1)).code == "OUTSIDE_PLAN_HOURS"


def test_the_grant_that_got_furthest_is_reported_and_all_are_listed() -> None:
    nowhere = grant(NEVER, grant_id=b"1" * 16)
    frozen = grant(grant_id=b"2" * 16, stops=(Stop("MEMBERSHIP_FROZEN", 0),))
    ended = grant(grant_id=b"3" * 16, hard_until=at())
    decision = ask(state(nowhere, frozen, ended, coverages=(NEVER,)))
    assert decision.code == "MEMBERSHIP_FROZEN"
    assert {(each.grant.grant_id[:1], each.code, each.stage) for each in decision.considered} == {
        (b"1", "LOCATION_NOT_COVERED", Stage.COVERAGE),
        (b"2", "MEMBERSHIP_FROZEN", Stage.STOPS),
        (b"3", "MEMBERSHIP_EXPIRED", Stage.DATES),
    }


def test_what_is_cheapest_for_the_member_is_used() -> None:
    kinds = [GrantKind.GUEST, GrantKind.ALLOWANCE, GrantKind.UNLIMITED, GrantKind.CREDIT]
    grants = [grant(kind=kind, grant_id=bytes([kind]) * 16) for kind in kinds]
    used = ask(state(*grants)).grant
    assert used is not None
    assert used.kind == GrantKind.UNLIMITED


def quota(per: Any, scope: Any = "network", visits: int = 1) -> Coverage:
    return Coverage(include=(Clause(),), quotas=(VisitQuota(visits=visits, per=per, scope=scope),))


def used_at(location: bytes, organisation: bytes, when: datetime = NOON) -> Usage:
    """One visit of the grant's membership at noon, seen from Berlin."""
    month = when.year * 12 + when.month - 1
    spending = Spending(b"M" * 16, location, organisation, when.toordinal(), month)
    return convert(Usage(), b"v" * 16, spending, milliseconds(when))


@pytest.mark.parametrize("per", ["day", "month"])
@pytest.mark.parametrize(
    ("scope", "location", "organisation", "counts"),
    [
        ("network", THERE, b"x" * 16, True),
        ("organisation", THERE, BRAND, True),
        ("organisation", THERE, b"x" * 16, False),
        ("location", HERE, BRAND, True),
        ("location", THERE, BRAND, False),
    ],
)
def test_visits_are_counted_apart_for_each_place_of_the_scope(
    per: str, scope: str, location: bytes, organisation: bytes, counts: bool
) -> None:
    rule = quota(per, scope)
    asked = state(grant(rule), coverages=(rule,), usage=used_at(location, organisation))
    reached = {"day": "DAILY_LIMIT_REACHED", "month": "PERIOD_LIMIT_REACHED"}[per]
    if scope == "location":
        reached = "LOCATION_LIMIT_REACHED"
    assert ask(asked).code == (reached if counts else "ALLOWED")


def test_another_membership_of_the_person_has_its_own_visits() -> None:
    rule = quota("day")
    other = grant(rule, membership_id=b"N" * 16, grant_id=b"z" * 16)
    used = used_at(HERE, BRAND)
    decision = ask(state(grant(rule), other, coverages=(rule,), usage=used))
    assert decision.grant is other


def test_a_quota_that_is_lowered_counts_the_visits_before() -> None:
    unlimited, rule = grant(), quota("month", visits=2)
    first = ask(state(unlimited))
    second = decide(state(unlimited, usage=first.usage or Usage()), scan(1), NOON + DAY)
    asked = state(grant(rule), coverages=(rule,), usage=second.usage or Usage())
    assert decide(asked, scan(2), NOON + 2 * DAY).code == "PERIOD_LIMIT_REACHED"


def test_before_the_rollover_hour_it_is_still_the_day_before() -> None:
    rule = quota("day")
    night = state(grant(rule), coverages=(rule,), door=door(rollover_hour=4))
    first = ask(night, datetime(2026, 3, 4, 20, tzinfo=UTC))
    after = changed(night, usage=first.usage)
    assert decide(after, scan(1), datetime(2026, 3, 5, 2, 59, tzinfo=UTC)).code == (
        "DAILY_LIMIT_REACHED"
    )
    assert decide(after, scan(1), datetime(2026, 3, 5, 3, 0, tzinfo=UTC)).code == "ALLOWED"


@pytest.mark.parametrize(
    ("change", "hours"),
    [(datetime(2026, 3, 29, tzinfo=UTC), 23), (datetime(2026, 10, 25, tzinfo=UTC), 25)],
)
def test_a_day_is_as_long_as_the_clocks_make_it(change: datetime, hours: int) -> None:
    rule = quota("day")
    midnight = change - timedelta(hours=2 if hours == 25 else 1)  # in Berlin
    long = {"start": 0, "hard_until": milliseconds(change + 99 * DAY)}
    asked = state(grant(rule, **long), coverages=(rule,))
    first = decide(asked, scan(1), midnight)
    asked = changed(asked, usage=first.usage)
    end = midnight + timedelta(hours=hours)
    assert decide(asked, scan(2), end - timedelta(seconds=1)).code == "DAILY_LIMIT_REACHED"
    assert decide(asked, scan(2), end).code == "ALLOWED"


def test_a_month_ends_in_the_contracts_zone() -> None:
    rule = quota("month")
    long = {"start": 0, "hard_until": at(days=90), "zone": "Pacific/Auckland"}
    asked = state(grant(rule, **long), coverages=(rule,))
    first = decide(asked, scan(1), NOON)
    asked = changed(asked, usage=first.usage)
    end = datetime(2026, 3, 31, 11, tzinfo=UTC)  # 1 April, 00:00 in Auckland (UTC+13)
    assert decide(asked, scan(2), end - timedelta(seconds=1)).code == "PERIOD_LIMIT_REACHED"
    assert decide(asked, scan(2), end).code == "ALLOWED"


def test_an_unknown_zone_is_a_fault_of_the_system_not_an_exception() -> None:
    assert ask(state(grant(), door=door(zone="Mars/Olympus"))).code == "SYSTEM_ERROR"
    rule = quota("month")
    lost = state(grant(rule, zone="Mars/Olympus"), coverages=(rule,))
    assert ask(lost).code == "SYSTEM_ERROR"


def test_a_missing_policy_admits_nobody() -> None:
    assert ask(state(grant(), policies={})).code == "SYSTEM_ERROR"
    assert ask(state(grant(), policies=policies(EVERYWHERE))).code == "ALLOWED"


@given(
    st.lists(
        st.builds(
            lambda day, start, length: Hours(day, start, start + length),
            st.integers(1, 7),
            st.integers(0, 1439),
            st.integers(1, 1440),
        ),
        max_size=4,
    ),
    st.datetimes(),
)
def test_hours_are_read_as_the_calendar_reads_them(hours: list[Hours], wall: datetime) -> None:
    """With and without dated exceptions, which take another path."""
    weekly = tuple(hours)
    expected = within(weekly, wall)
    read = WallTime.of(wall)
    assert within_hours(weekly, read) == expected
    assert is_open(door(hours=weekly), read) == expected
    assert is_open(door(hours=weekly, exceptions={-1: ()}), read) == expected
