"""Period ends are counted from the anchor, whatever the month."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gymhopper.sandbox.stripe.periods import Interval, boundary, next_boundary

ANCHORS = st.integers(0, 4_000_000_000)
INTERVALS = st.one_of(
    st.builds(Interval, st.just("day"), st.integers(1, 1095)),
    st.builds(Interval, st.just("week"), st.integers(1, 156)),
    st.builds(Interval, st.just("month"), st.integers(1, 36)),
    st.builds(Interval, st.just("year"), st.integers(1, 3)),
)


@given(ANCHORS, INTERVALS, st.integers(0, 10**9))
def test_the_next_boundary_is_the_first_that_is_later(
    anchor: int, interval: Interval, later: int
) -> None:
    after = anchor + later
    found = next_boundary(anchor, interval, after)
    number = next(n for n in range(1, 20_000) if boundary(anchor, interval, n) >= found)
    assert boundary(anchor, interval, number) == found > after
    assert boundary(anchor, interval, number - 1) <= after


@given(ANCHORS, st.integers(1, 36), st.integers(1, 60))
def test_a_month_boundary_keeps_the_anchors_day_or_is_the_months_last(
    anchor: int, count: int, number: int
) -> None:
    start = datetime.fromtimestamp(anchor, UTC)
    end = datetime.fromtimestamp(boundary(anchor, Interval("month", count), number), UTC)
    assert end.timetz() == start.timetz()
    months = (end.year - start.year) * 12 + end.month - start.month
    assert months == count * number
    following = datetime.fromtimestamp(int(end.timestamp()) + 86_400, UTC)
    assert end.day == start.day or (end.day < start.day and following.day == 1)
