"""Credits at the door: counted down, refused when there are none, and never lost."""

from datetime import timedelta

from contexts.access.domain.cases import NOON, ask, door, grant, scan, state
from gymhopper.contexts.access.domain.decision import Decision, decide
from gymhopper.contexts.access.domain.records import GrantKind, Instant, milliseconds
from gymhopper.contexts.access.domain.usage import (
    Usage,
    convert,
    credits_used,
    moved_on,
    release,
    with_credits,
)

THREE = grant(credits=3, kind=GrantKind.CREDIT)
AT: Instant = milliseconds(NOON)
MEMBERSHIP = THREE.membership_id


def come(usage: Usage, after: timedelta = timedelta(), **place: object) -> Decision:
    asked = state(THREE, usage=usage, door=door(**place))
    return decide(asked, scan(1 + after // timedelta(minutes=1)), NOON + after)


def test_each_visit_takes_a_credit_until_there_are_none() -> None:
    usage, seen = Usage(), []
    for day in range(5):
        decided = come(usage, timedelta(days=day))
        seen.append((decided.outcome, decided.code, decided.notices))
        usage = decided.usage or usage
    assert seen == [
        ("allow", "ALLOWED", ()),
        ("allow", "ALLOWED", ()),
        ("allow", "ALLOWED", ("LAST_CREDIT",)),
        ("deny", "CREDITS_EXHAUSTED", ()),
        ("deny", "CREDITS_EXHAUSTED", ()),
    ]
    assert credits_used(usage, MEMBERSHIP, AT) == 3


def test_credits_stay_used_when_their_month_is_long_over() -> None:
    usage = come(Usage()).usage
    assert usage is not None
    later = moved_on(usage, AT + 200 * 86_400_000)
    assert [each.per for each in later.tallies] == ["ever"]
    assert credits_used(later, MEMBERSHIP, AT) == 1


def test_coming_back_within_the_same_visit_is_free() -> None:
    usage = come(Usage(), same_visit=3600).usage
    assert usage is not None
    again = come(usage, timedelta(minutes=30), same_visit=3600)
    assert (again.outcome, again.counts_now) == ("allow", False)
    assert credits_used(again.usage or usage, MEMBERSHIP, AT) == 1


def test_a_hold_takes_a_credit_until_nobody_passed() -> None:
    held = come(with_credits(Usage(), [(MEMBERSHIP, 2)]), reports_passage=True)
    assert held.notices == ("LAST_CREDIT",)
    assert held.usage is not None
    assert held.visit_id is not None
    assert held.spending is not None
    assert credits_used(held.usage, MEMBERSHIP, AT) == 3
    assert credits_used(release(held.usage, held.decision_id), MEMBERSHIP, AT) == 2
    passed = convert(held.usage, held.visit_id, held.spending, AT + 1)
    assert credits_used(passed, MEMBERSHIP, AT + 1) == 3
    assert convert(passed, held.visit_id, held.spending, AT + 2).tallies == passed.tallies


def test_a_membership_without_credits_in_it_counts_none() -> None:
    decided = ask(state(grant()))
    assert decided.usage is not None
    assert {each.per for each in decided.usage.tallies} == {"day", "month"}
