"""Waits grow, end within three days, and bend to the receiver's wish within bounds."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.integrations.domain.schedule import (
    GIVE_UP_AFTER,
    RETRY_DELAYS,
    next_try,
    pause,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_the_waits_grow_and_fit_into_three_days() -> None:
    assert list(RETRY_DELAYS) == sorted(RETRY_DELAYS)
    assert timedelta(days=2.9) < sum(RETRY_DELAYS, timedelta()) < GIVE_UP_AFTER


@given(st.integers(1, len(RETRY_DELAYS)), st.floats(0, 1))
def test_chance_takes_off_a_tenth_at_most(tries: int, chance: float) -> None:
    found = next_try(tries, NOW, chance=chance)
    assert found is not None
    whole = RETRY_DELAYS[tries - 1]
    assert whole * 0.899 <= found - NOW <= whole


def test_after_the_last_wait_there_is_no_further_try() -> None:
    assert next_try(len(RETRY_DELAYS) + 1, NOW, chance=0) is None


@given(st.integers(1, len(RETRY_DELAYS)), st.integers(-(10**8), 10**8))
def test_a_wish_only_makes_it_later_and_by_a_day_at_most(tries: int, seconds: int) -> None:
    plain = next_try(tries, NOW, chance=0)
    wished = next_try(tries, NOW, chance=0, retry_after=timedelta(seconds=seconds))
    assert plain is not None
    assert wished is not None
    assert plain <= wished <= max(plain, NOW + timedelta(days=1))


def test_a_pause_begins_at_the_fifth_failure_and_grows_to_five_minutes() -> None:
    assert [pause(each).total_seconds() for each in range(1, 14)] == [
        *(0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300),
    ]
    assert pause(10**9) == timedelta(minutes=5)
    assert pause(1, timedelta(hours=2)) == timedelta(hours=2)
