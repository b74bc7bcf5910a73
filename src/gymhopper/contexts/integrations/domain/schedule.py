"""When a delivery that failed is tried again, and when an endpoint is left in peace."""

from datetime import datetime, timedelta

RETRY_DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=20),
)
"""From one try to the next. With the shortest and the longest wait the last try falls between 64
and 72 hours after the first."""

GIVE_UP_AFTER = timedelta(days=3)
DISABLE_AFTER = timedelta(days=5)

_SHORTEST_SHARE = 0.9
_LONGEST_RETRY_AFTER = timedelta(hours=24)
_PATIENCE = 5
_LONGEST_PAUSE = timedelta(minutes=5)


def next_try(
    tries: int, now: datetime, *, chance: float, retry_after: timedelta | None = None
) -> datetime | None:
    """When to try again after so many tries, or None when it was the last.

    `chance`, of 0 to 1, takes up to a tenth off the wait, so that what failed together does not
    come back together. The receiver's own `retry_after` can only make it longer, up to a day.
    """
    if tries > len(RETRY_DELAYS):
        return None
    delay = RETRY_DELAYS[tries - 1] * (1 - chance * (1 - _SHORTEST_SHARE))
    return now + max(delay, bounded(retry_after))


def pause(failures: int, retry_after: timedelta | None = None) -> timedelta:
    """How long nothing at all is sent to an endpoint after so many failures in a row.

    A dead endpoint so costs one connection in five minutes, however much waits for it.
    """
    beyond = failures - _PATIENCE
    own = timedelta() if beyond < 0 else timedelta(seconds=5) * 2 ** min(beyond, 6)
    return max(min(own, _LONGEST_PAUSE), bounded(retry_after))


def bounded(retry_after: timedelta | None) -> timedelta:
    """A receiver's wish as far as it is granted."""
    return min(max(retry_after or timedelta(), timedelta()), _LONGEST_RETRY_AFTER)
