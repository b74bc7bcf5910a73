"""Which of several ends takes effect."""

from itertools import permutations
from typing import get_args

from contexts.membership.domain.samples import DAY, NOW
from gymhopper.contexts.membership.domain.ending import Ending, earliest
from gymhopper.contracts.membership.events import EndReason


def test_the_first_end_takes_effect() -> None:
    assert earliest([Ending(NOW + DAY, "terminated"), Ending(NOW, "expired")]) == Ending(
        NOW, "expired"
    )
    assert earliest([]) is None


def test_of_ends_at_one_instant_the_weightiest_gives_the_reason_in_any_order() -> None:
    at_once = [Ending(NOW, reason) for reason in get_args(EndReason)]
    for pair in permutations(at_once, 2):
        assert earliest(pair) == earliest(reversed(pair))
    assert earliest(reversed(at_once)) == Ending(NOW, "withdrawn")
    assert earliest([Ending(NOW, "expired"), Ending(NOW, "cancelled")]) == Ending(NOW, "cancelled")
