"""What a debt leads to, step by step: by its age and its amount."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from gymhopper.contracts.membership.events import DebtStage, DebtStageName

MINIMUM_GRACE_DAYS = 1
"""Nobody is locked out on the day of billing: 24 hours at least."""

STAGES: tuple[DebtStageName, ...] = ("remind", "no_booking", "no_entry", "terminate")


class StageRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stage begins this many days of 24 hours after the debt became known, if that much is owed:
    `from_amount` minor units of the contract's currency."""

    after_days: int
    from_amount: int = 0


class DebtRules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which stages a debt has; None leaves one out.

    Entry ends after the contract's own days of grace, `no_entry_from_amount` on. Bookings never
    end after entry does, nor does the contract before it. `credits_lockout`: the days on which a
    debt kept the door closed are given back when it is paid.
    """

    remind: StageRule | None = None
    no_booking: StageRule | None = None
    no_entry_from_amount: int = 0
    terminate: StageRule | None = None
    credits_lockout: bool = False


def stages(
    rules: DebtRules, grace_days: int, since: datetime, owed: int | None, *, first_payment: bool
) -> tuple[DebtStage, ...]:
    """When each stage of a debt that became known at `since` begins, in their order.

    A first payment gets no grace for booking and entry. Where the amount is not known every
    stage counts.
    """

    def begins(days: int) -> datetime:
        return since + timedelta(days=max(MINIMUM_GRACE_DAYS, days))

    def owes(amount: int) -> bool:
        return owed is None or owed >= amount

    entry = since if first_payment else begins(grace_days)
    found: dict[DebtStageName, datetime] = {}
    if rules.remind is not None and owes(rules.remind.from_amount):
        found["remind"] = since + timedelta(days=rules.remind.after_days)
    if rules.no_booking is not None and owes(rules.no_booking.from_amount):
        booking = begins(rules.no_booking.after_days)
        found["no_booking"] = min(booking, entry)
    if owes(rules.no_entry_from_amount):
        found["no_entry"] = entry
    if rules.terminate is not None and owes(rules.terminate.from_amount):
        found["terminate"] = max(begins(rules.terminate.after_days), entry)
    return tuple(DebtStage(stage=each, at=found[each]) for each in STAGES if each in found)


def furthest(reached: Iterable[DebtStageName]) -> DebtStageName | None:
    """The gravest of them."""
    return max(reached, key=STAGES.index, default=None)
