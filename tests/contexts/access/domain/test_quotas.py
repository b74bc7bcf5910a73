"""How often: by day, week, month and the contract's own periods, in the zone that each is in."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexts.access.domain.cases import (
    HERE,
    NOON,
    THERE,
    changed,
    door,
    grant,
    scan,
    state,
)
from gymhopper.contexts.access.domain.decision import State, decide
from gymhopper.contexts.access.domain.records import Cycle, Grant, milliseconds
from gymhopper.contexts.access.domain.usage import PastVisit, Usage, moved_on, rebuilt
from gymhopper.contracts.membership.coverage import Clause, Coverage, SpanQuota, VisitQuota
from gymhopper.kernel.term import Term

MONDAY = date(2026, 3, 9)
FAR = milliseconds(NOON + timedelta(days=4000))


def rule(*limits: VisitQuota | SpanQuota) -> Coverage:
    return Coverage(
        include=(Clause(),),
        quotas=tuple(each for each in limits if isinstance(each, VisitQuota)),
        spans=tuple(each for each in limits if isinstance(each, SpanQuota)),
    )


def holder(coverage: Coverage, **fields: object) -> Grant:
    begun = milliseconds(NOON - timedelta(days=4000))
    return grant(coverage, start=begun, soft_until=FAR, hard_until=FAR, **fields)


def asked(coverage: Coverage, place: bytes = HERE, **fields: object) -> State:
    there = door(debounce=0, location_id=place)
    return state(holder(coverage, **fields), coverages=(coverage,), door=there)


def visit(asking: State, *moments: datetime) -> list[str]:
    """What the door answers to scans one after another."""
    answers, usage = [], asking.usage
    for number, now in enumerate(moments):
        decision = decide(changed(asking, usage=usage), scan(number + 1), now)
        usage = decision.usage or usage
        answers.append(decision.code)
    return answers


def local(zone: str, *wall: int) -> datetime:
    return datetime(*wall, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[misc] # five ints


def test_a_week_begins_on_monday_in_the_contracts_zone_and_not_where_the_door_is() -> None:
    once = rule(SpanQuota(visits=1, per="week"))
    here = asked(once, zone="Pacific/Auckland")
    sunday = local("Pacific/Auckland", 2026, 3, 8, 23, 30)
    assert visit(here, sunday, sunday + timedelta(minutes=29)) == [
        "ALLOWED",
        "PERIOD_LIMIT_REACHED",
    ]
    # It is Sunday in Berlin, at the door, and Monday in the contract.
    assert visit(here, sunday, sunday + timedelta(minutes=31)) == ["ALLOWED", "ALLOWED"]


@pytest.mark.parametrize("change", [(2026, 3, 29), (2026, 10, 25)])
def test_a_week_in_which_the_clocks_change_is_seven_days_all_the_same(
    change: tuple[int, int, int],
) -> None:
    """The clocks change on a Sunday, the last day of a week of 167 or 169 hours."""
    once = asked(rule(SpanQuota(visits=1, per="week")))
    sunday = date(*change)
    before = local("Europe/Berlin", *change, 23, 59)
    monday = sunday - timedelta(days=6)
    first = local("Europe/Berlin", monday.year, monday.month, monday.day, 0, 0)
    assert visit(once, first, before) == ["ALLOWED", "PERIOD_LIMIT_REACHED"]
    assert visit(once, first, before + timedelta(minutes=1)) == ["ALLOWED", "ALLOWED"]
    assert visit(once, first - timedelta(minutes=1), first) == ["ALLOWED", "ALLOWED"]


def test_a_period_is_counted_from_the_contracts_first_day_and_does_not_drift() -> None:
    once = asked(
        rule(SpanQuota(visits=1, per="period")),
        cycle=Cycle(date(2026, 1, 31).toordinal(), "month", 1),
    )
    days = [
        local("Europe/Berlin", 2026, month, day, 12, 0)
        for month, day in [(1, 31), (2, 27), (2, 28), (3, 30), (3, 31), (4, 29), (4, 30)]
    ]
    used_up = "PERIOD_LIMIT_REACHED"
    assert visit(once, *days) == [
        "ALLOWED", used_up, "ALLOWED", used_up, "ALLOWED", used_up, "ALLOWED",
    ]  # fmt: skip


def test_days_before_the_first_charge_are_a_period_of_their_own() -> None:
    once = asked(
        rule(SpanQuota(visits=1, per="period")), cycle=Cycle(MONDAY.toordinal(), "month", 1)
    )
    trial = local("Europe/Berlin", 2026, 3, 2, 9, 0)
    week = timedelta(days=7)
    assert visit(once, trial, trial + week / 7, trial + week) == [
        "ALLOWED", "PERIOD_LIMIT_REACHED", "ALLOWED",
    ]  # fmt: skip


def test_any_one_of_several_limits_refuses_and_says_which() -> None:
    both = rule(
        SpanQuota(visits=3, per="week"),
        VisitQuota(visits=1, per="day", scope="network"),
        SpanQuota(visits=2, per="period", scope="location"),
    )
    cycle = Cycle(MONDAY.toordinal(), "month", 1)
    monday = local("Europe/Berlin", 2026, 3, 9, 12, 0)
    day = timedelta(days=1)
    here, there = asked(both, cycle=cycle), asked(both, THERE, cycle=cycle)
    usage, answers = Usage(), []
    for number, (place, later) in enumerate(
        [(here, 0), (there, 0), (here, 1), (here, 2), (there, 2), (there, 3), (there, 7)]
    ):
        decision = decide(changed(place, usage=usage), scan(number + 1), monday + later * day)
        usage = decision.usage or usage
        answers.append(decision.code)
    assert answers == [
        "ALLOWED", "DAILY_LIMIT_REACHED", "ALLOWED", "LOCATION_LIMIT_REACHED", "ALLOWED",
        "PERIOD_LIMIT_REACHED", "ALLOWED",
    ]  # fmt: skip


def test_what_is_not_asked_for_is_not_counted() -> None:
    plain = asked(rule(VisitQuota(visits=9, per="day")), cycle=Cycle(1, "month", 1))
    usage = decide(plain, scan(1), NOON).usage
    assert usage is not None
    assert sorted(each.per for each in usage.tallies) == ["day", "month"]


def test_a_contract_without_a_calendar_cannot_be_limited_by_it() -> None:
    assert visit(asked(rule(SpanQuota(visits=1, per="period"))), NOON) == ["SYSTEM_ERROR"]


moments = st.lists(
    st.integers(-40 * 1440, 400 * 1440).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    max_size=25,
    unique=True,
).map(sorted)


@settings(max_examples=150, deadline=None)
@given(
    moments,
    st.sampled_from(["week", "month", "period"]),
    st.integers(1, 3),
    st.sampled_from(["Europe/Berlin", "Pacific/Apia", "America/St_Johns"]),
    st.sampled_from([Term("day", 10), Term("week", 4), Term("month", 1), Term("year", 1)]),
    st.dates(date(2024, 1, 1), date(2026, 6, 30)),
)
def test_no_window_ever_holds_more_visits_than_its_limit_and_none_is_refused_below_it(
    times: list[datetime], per: str, limit: int, zone: str, term: Term, anchor: date
) -> None:
    """Against a count that knows nothing of tallies: local dates, looked up one by one."""

    def window(now: datetime) -> object:
        day = now.astimezone(ZoneInfo(zone)).date()
        if per == "week":
            return day.isocalendar()[:2]
        if per == "month":
            return day.year, day.month
        number = 0
        while term.boundary(anchor, number) > day:
            number -= 1
        while term.boundary(anchor, number + 1) <= day:
            number += 1
        return number

    kind = VisitQuota if per == "month" else SpanQuota
    coverage = rule(kind(visits=limit, per=per))  # type: ignore[arg-type] # the kind's own
    cycle = Cycle(anchor.toordinal(), term.interval, term.count)
    asking = asked(coverage, zone=zone, cycle=cycle)
    admitted: list[datetime] = []
    usage, past = Usage(), []
    for number, now in enumerate(times):
        decision = decide(changed(asking, usage=usage), scan(number + 1), now)
        usage = decision.usage or usage
        full = sum(window(each) == window(now) for each in admitted) >= limit
        assert (decision.code == "ALLOWED") != full
        if decision.counts_now:
            admitted.append(now)
            assert decision.visit_id is not None
            assert decision.spending is not None
            past.append(PastVisit(decision.visit_id, decision.at, decision.spending))
    if times:
        last = milliseconds(times[-1])
        assert set(rebuilt(past, last).tallies) == set(moved_on(usage, last).tallies)
