"""What a freeze or block is refused for, whoever asks."""

import pytest

from contexts.membership.domain.samples import DAY, NOW, facts, membership, overlay
from gymhopper.contexts.membership.domain.errors import DateOutOfRange
from gymhopper.kernel.period import Period


def test_nothing_is_stopped_in_the_past() -> None:
    it = membership()
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    known = facts(it)
    with pytest.raises(DateOutOfRange):
        it.lay_over(overlay("freeze", NOW - DAY, None), NOW)
    assert facts(it) == known


def test_a_stop_that_is_lifted_in_the_same_instant_never_was() -> None:
    it = membership()
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    stop = overlay("block", NOW, None)
    it.lay_over(stop, NOW)
    it.lift(stop.id, "block", NOW)
    assert it.overlays == []
