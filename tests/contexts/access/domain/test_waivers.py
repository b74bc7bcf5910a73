"""When an unsigned waiver closes the door, compiled into dates beforehand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.access.domain.records import Stop, milliseconds
from gymhopper.contexts.access.domain.waivers import CODE, Enforced, Signed, unsigned

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WAIVERS = [UUID(int=n) for n in range(2)]

days = st.integers(0, 12).map(lambda each: START + each * DAY)
numbers = st.integers(1, 3)
versions = st.lists(
    st.builds(Enforced, st.sampled_from(WAIVERS), numbers, days),
    unique_by=lambda each: (each.waiver_id, each.number),
)
signatures = st.lists(
    st.builds(
        lambda waiver, number, start, length: Signed(
            waiver, number, start, None if length is None else start + length * DAY
        ),
        st.sampled_from(WAIVERS),
        numbers,
        days,
        st.none() | st.integers(1, 5),
    ),
    max_size=5,
)


@given(versions, signatures, days, days)
def test_the_stretches_say_what_each_instant_by_itself_says(
    versions: list[Enforced], signatures: list[Signed], now: datetime, later: timedelta
) -> None:
    at = max(now, later)
    closed = False
    for waiver in WAIVERS:
        needed = [each.number for each in versions if each.waiver_id == waiver and each.at <= at]
        closed |= bool(needed) and not any(
            each.waiver_id == waiver
            and each.number >= max(needed)
            and each.start <= at
            and (each.until is None or at < each.until)
            for each in signatures
        )
    stops = unsigned(versions, signatures, now)
    assert any(each.at(milliseconds(at)) for each in stops) == closed
    assert all(each.code == CODE for each in stops)


def test_a_version_to_come_and_a_signature_that_runs_out_are_dates_not_news() -> None:
    waiver = WAIVERS[0]
    versions = [Enforced(waiver, 1, START), Enforced(waiver, 2, START + 10 * DAY)]
    signed = [
        Signed(waiver, 1, START + DAY, START + 5 * DAY),
        Signed(waiver, 2, START + 7 * DAY, None),
    ]
    assert unsigned(versions, signed, START) == (
        Stop(CODE, milliseconds(START), milliseconds(START + DAY)),
        Stop(CODE, milliseconds(START + 5 * DAY), milliseconds(START + 7 * DAY)),
    )
