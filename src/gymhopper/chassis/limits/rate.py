"""The generic cell rate algorithm (ITU-T I.371): a limit that forgives evenly, in one number.

All that is kept of a caller is the instant at which it will have used up nothing. `quota` requests
may come at once; each is forgiven after `window / quota`. Nothing resets on the full minute, so
nobody gets twice the quota around it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`quota` requests within `window` seconds."""

    quota: int
    window: int = 60

    @property
    def interval(self) -> int:
        """Milliseconds after which one request is forgiven."""
        return max(1, self.window * 1000 // self.quota)


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of asking: how many more may come now, and when it is as if none had come.

    `retry_after` is 0 when it was allowed. All times in milliseconds.
    """

    remaining: int
    reset: int
    retry_after: int

    @property
    def allowed(self) -> bool:
        """Whether this request is within the limit."""
        return self.retry_after == 0


def taken(free_at: int, now: int, rate: Rate, *, allowed: bool) -> Taken:
    """Read the stored instant: `free_at` counts this request when it was allowed."""
    used = max(0, free_at - now)
    most = rate.quota * rate.interval
    return Taken(
        remaining=max(0, (most - used) // rate.interval),
        reset=used,
        retry_after=0 if allowed else max(1, used + rate.interval - most),
    )
