"""Withdrawing from a contract that was concluded at a distance (EU directive 2011/83, articles 9
to 16): until when, and what is given back."""

from datetime import date, datetime, timedelta

import msgspec

from gymhopper.contexts.membership.domain.agreement import Channel
from gymhopper.contexts.membership.domain.errors import NothingToWithdraw, WithdrawalOver
from gymhopper.kernel.calendar import local_date

DISTANT: frozenset[Channel] = frozenset({"online", "network"})


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """`days` of `of_days` that were paid for: the part of the money that goes back."""

    days: int
    of_days: int


ALL = Share(days=1, of_days=1)


def last_day(concluded: datetime, zone: str, days: int) -> date:
    """The last local day on which one may withdraw; that of the conclusion is not counted."""
    return local_date(concluded, zone) + timedelta(days=days)


def check_right(concluded: datetime, now: datetime, zone: str, days: int, channel: Channel) -> None:
    """Raise NothingToWithdraw for a contract of the desk, WithdrawalOver when it is too late."""
    if channel not in DISTANT:
        raise NothingToWithdraw(
            "This membership was not bought from a distance: it can be cancelled, not withdrawn."
        )
    last = last_day(concluded, zone, days)
    if local_date(now, zone) > last:
        raise WithdrawalOver(f"The last day for a withdrawal was {last}.")


def given_back(
    start: datetime | None,
    paid_until: datetime | None,
    now: datetime,
    zone: str,
    *,
    early_start: bool,
) -> Share:
    """What goes back: everything, unless its holder asked for an early start and it has begun;
    then the days from tomorrow on, of those that were paid for."""
    if not early_start or start is None or paid_until is None or now < start:
        return ALL
    first, beyond = local_date(start, zone), local_date(paid_until, zone)
    paid = (beyond - first).days
    if paid < 1:
        return ALL
    used = (local_date(now, zone) - first).days + 1
    return Share(days=max(0, paid - used), of_days=paid)
