"""Whether those who came first stand first, judged by what clients saw."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Served:
    """When a client first asked and when it had its answer, by one clock, and what place it got.

    All who have a place stand at 0, whoever is in line at the position, whoever was turned away at
    infinity.
    """

    asked_at: float
    answered_at: float
    stands: float


def stands(status: str, position: int | None) -> float:
    """What a booking's status and position come to."""
    if status == "booked":
        return 0
    return inf if position is None else position


def fifo_violations(served: Iterable[Served]) -> int:
    """Pairs in which one had the answer before the other even asked, and the other stands before
    it all the same.

    Who asked while another waited for its answer may stand before it: nobody can tell which of
    the two came first.
    """
    everybody = list(served)
    answered = sorted(everybody, key=lambda each: each.answered_at)
    earlier: list[float] = []
    found, seen = 0, 0
    for each in sorted(everybody, key=lambda one: one.asked_at):
        while answered[seen].answered_at < each.asked_at:
            insort(earlier, answered[seen].stands)
            seen += 1
        found += len(earlier) - bisect_right(earlier, each.stands)
    return found
