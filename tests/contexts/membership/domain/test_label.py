"""The word for a state: what outweighs what."""

from datetime import timedelta

from contexts.membership.domain.samples import DAY, NOW, membership, overlay
from gymhopper.contexts.membership.domain.label import label
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.kernel.period import Period


def running() -> Membership:
    it = membership()
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    return it


def test_a_membership_that_starts_later_is_pending_though_it_is_paid() -> None:
    it = membership(starts_on=(NOW + 9 * DAY).date())
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    assert (it.contract, label(it, NOW), label(it, NOW + 9 * DAY)) == (
        "active",
        "pending",
        "active",
    )


def test_a_block_outweighs_a_freeze_and_a_freeze_a_debt() -> None:
    it = running()
    it.owe(NOW, NOW)
    assert label(it, NOW) == "past_due"
    it.lay_over(overlay("freeze", NOW, NOW + 9 * DAY), NOW)
    assert label(it, NOW) == "frozen"
    it.lay_over(overlay("block", NOW, NOW + 5 * DAY), NOW)
    assert [label(it, NOW + days * DAY) for days in (0, 4, 5, 8, 9)] == [
        "suspended",
        "suspended",
        "frozen",
        "frozen",
        "past_due",
    ]


def test_the_end_outweighs_everything_from_its_instant_on() -> None:
    it = running()
    it.lay_over(overlay("block", NOW, None), NOW)
    end = NOW + 31 * DAY
    it.cancel(end, NOW, "")
    second = timedelta(seconds=1)
    assert (label(it, end - second), label(it, end)) == ("suspended", "cancelled")


def test_a_trial_is_called_so() -> None:
    it = running()
    it.contract = "trialing"
    assert label(it, NOW) == "trial"
