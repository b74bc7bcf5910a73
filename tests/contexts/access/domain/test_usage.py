"""Usage: what is counted, held, forgotten and made again."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contexts.access.domain import cases
from contexts.access.domain.cases import NOON, ask, changed, door, grant, scan, state
from gymhopper.contexts.access.domain.decision import decide
from gymhopper.contexts.access.domain.records import Grant, Person, milliseconds
from gymhopper.contexts.access.domain.usage import (
    Hold,
    LastAnswer,
    PastVisit,
    Spending,
    Usage,
    convert,
    happened,
    moved_on,
    rebuilt,
    release,
    used,
)

SPENT = Spending(b"M" * 16, b"l" * 16, b"o" * 16, NOON.toordinal(), 2026 * 12 + 2)
AT = milliseconds(NOON)


def visits(usage: Usage, now: int = AT, per: str = "day") -> int:
    return used(
        usage,
        membership_id=SPENT.membership_id,
        per=per,  # type: ignore[arg-type] # both are tried
        period=SPENT.day if per == "day" else SPENT.month,
        scope="network",
        location_id=SPENT.location_id,
        organisation_id=SPENT.organisation_id,
        now=now,
    )


@given(st.lists(st.integers(0, 5), max_size=20))
def test_each_visit_counts_once_in_any_order_and_repetition(numbers: list[int]) -> None:
    usage = Usage()
    for number in numbers:
        usage = convert(usage, bytes([number]) * 16, SPENT, AT + number)
    assert visits(usage) == visits(usage, per="month") == len(set(numbers))


def test_a_hold_counts_until_it_expires_is_released_or_converted() -> None:
    hold = Hold(b"v" * 16, b"D" * 16, b"d" * 16, AT + 10, SPENT)
    held = moved_on(Usage(), AT, hold=hold)
    assert visits(held, AT + 9) == 1
    assert visits(held, AT + 10) == 0
    assert visits(release(held, b"D" * 16)) == 0
    assert visits(release(held, b"E" * 16)) == 1
    passed = convert(held, b"v" * 16, SPENT, AT)
    assert (visits(passed), passed.holds) == (1, ())
    assert happened(passed, b"v" * 16)
    second = msgspec.structs.replace(hold, decision_id=b"E" * 16)
    assert len(moved_on(held, AT, hold=second).holds) == 1


@settings(max_examples=200, deadline=None)
@given(cases.usages, st.integers(0, 10**7))
def test_pruning_changes_no_count_that_can_still_matter(usage: Usage, later: int) -> None:
    now = AT + later
    assert visits(moved_on(usage, now), now) == visits(usage, now)
    assert visits(moved_on(usage, now), now, "month") == visits(usage, now, "month")
    assert moved_on(moved_on(usage, now), now) == moved_on(usage, now)


def test_ended_periods_are_forgotten() -> None:
    usage = convert(Usage(), b"v" * 16, SPENT, AT)
    days = timedelta(days=1)
    assert len(moved_on(usage, milliseconds(NOON + 2 * days)).tallies) == 2
    assert [each.per for each in moved_on(usage, milliseconds(NOON + 3 * days)).tallies] == [
        "month"
    ]
    april = datetime(2026, 4, 1, 12, tzinfo=UTC)
    assert moved_on(usage, milliseconds(april)).tallies
    assert moved_on(usage, milliseconds(april + 2 * days)).tallies == ()


def test_usage_of_a_busy_member_stays_small() -> None:
    asked, usage = state(grant(), door=door(debounce=5)), Usage()
    for day in range(28):
        now = NOON + timedelta(days=day)
        usage = decide(changed(asked, usage=usage), scan(day), now).usage or Usage()
    assert len(msgspec.msgpack.encode(usage)) < 600


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40 * 1440), st.booleans()), max_size=15))
def test_what_is_rebuilt_from_the_journal_counts_as_what_was_lost(
    scans: list[tuple[int, bool]],
) -> None:
    """Decide a series of scans; the past visits alone must lead to the same counts."""
    rule = cases.Coverage(
        include=(cases.Clause(),), quotas=(cases.VisitQuota(visits=4, per="month"),)
    )
    usage, past, now = Usage(), [], NOON
    for number, (minute, there) in enumerate(sorted(scans)):
        now = NOON + timedelta(minutes=minute)
        place = door(debounce=0, location_id=b"t" * 16) if there else door(debounce=0)
        asked = state(_long(rule), coverages=(rule,), door=place, usage=usage)
        decision = decide(asked, scan(number + 1), now)
        usage = decision.usage or usage
        if decision.counts_now:
            assert decision.visit_id is not None
            assert decision.spending is not None
            past.append(PastVisit(decision.visit_id, decision.at, decision.spending))
    again = rebuilt(reversed(past + past), milliseconds(now))
    assert set(again.tallies) == set(moved_on(usage, milliseconds(now)).tallies)
    assert again.visits == moved_on(usage, milliseconds(now)).visits


def _long(rule: cases.Coverage) -> Grant:
    return grant(rule, hard_until=milliseconds(NOON + timedelta(days=99)))


def test_a_repeated_answer_needs_the_same_door_card_and_versions() -> None:
    asked = state(grant(), door=door(debounce=5))
    first = ask(asked)
    assert first.usage is not None
    again = changed(asked, usage=first.usage)
    soon = NOON + timedelta(seconds=4)
    assert decide(again, scan(1), soon).repeats
    assert not decide(again, scan(1), NOON + timedelta(seconds=5)).repeats
    assert not decide(changed(again, basis=b"2" * 24), scan(1), soon).repeats
    other_door = msgspec.structs.replace(scan(1), door_id=b"e" * 16)
    assert not decide(again, other_door, soon).repeats
    assert asked.credential is not None
    other_card = msgspec.structs.replace(asked.credential, credential_id=b"e" * 16)
    assert not decide(changed(again, credential=other_card), scan(1), soon).repeats


def test_a_denial_is_remembered_as_well() -> None:
    asked = state(person=Person())
    first = ask(asked)
    assert first.usage is not None
    (answer,) = first.usage.answers
    assert isinstance(answer, LastAnswer)
    second = decide(changed(asked, usage=first.usage), scan(1), NOON)
    assert (second.code, second.notices, second.open) == (
        "NO_ENTITLEMENT",
        ("DUPLICATE_SCAN",),
        False,
    )
