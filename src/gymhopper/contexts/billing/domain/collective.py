"""What a sponsor is asked for: the periods of its people that began, and its share of each.

A period belongs to the month in which it begins, and is asked for as a whole, also of who left or
came within it; days without billing are left out, as at the desk.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from gymhopper.contexts.billing.domain.cycle import rounded
from gymhopper.contexts.billing.domain.tax import Rate
from gymhopper.contexts.billing.domain.terms import with_tax
from gymhopper.contracts.membership.sponsors.api import Covered, DatedPrice, Share
from gymhopper.kernel.calendar import add_months, local_date, start_of_day
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period
from gymhopper.kernel.term import Term


@dataclass(eq=False, kw_only=True)
class SponsorAccount:
    """A sponsor's account, whose id it has; `dues_id` are its own dues.

    Months of its zone are asked for one after the other; all before `billed_until` were.
    """

    id: UUID
    organisation_id: UUID
    dues_id: UUID
    pays_within_days: int
    billed_from: datetime
    billed_until: datetime


@dataclass(eq=False, kw_only=True)
class CoveredPeriod:
    """A membership's period `[start, until)` with its price, of which the sponsor pays `part` and
    the member `own`. There is one for each membership and start; `claim_id` is the sponsor's."""

    id: UUID
    organisation_id: UUID
    sponsor_id: UUID
    membership_id: UUID
    start: datetime
    until: datetime
    price: int
    part: int
    own: int
    currency: str
    claim_id: UUID | None
    own_claim_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A period that began, and who pays how much of it."""

    covered: Covered
    period: Period
    price: int
    part: int

    @property
    def own(self) -> int:
        """What the member pays."""
        return self.price - self.part

    @property
    def key(self) -> tuple[UUID, datetime]:
        """Which membership's, and which period."""
        return self.covered.purchase.membership_id, self.period.start


def periods_begun(
    covered: Covered, shares: Sequence[Share], rate: Rate, within: Period
) -> Iterator[Owed]:
    """The membership's periods that begin within, with the price and the share of their day."""
    bought = covered.purchase
    term = Term(bought.interval, bought.interval_count)
    number = 0
    while True:
        first = start_of_day(term.boundary(bought.starts_on, number), bought.zone)
        if within.until is None or first >= within.until:
            return
        if covered.until is not None and first >= covered.until:
            return
        number += 1
        if first < within.start:
            continue
        period = Period(first, start_of_day(term.boundary(bought.starts_on, number), bought.zone))
        money = _gross(price_at(covered.prices, first), rate, included=bought.tax_included)
        price = _without(money.amount, period, covered)
        share = share_at(shares, first)
        if price and share is not None:
            yield Owed(covered=covered, period=period, price=price, part=sponsor_part(price, share))


def sponsor_part(price: int, share: Share) -> int:
    """What the sponsor pays of a price; the rest is the member's, so that both come to it."""
    if share.amount is not None:
        return min(share.amount.amount, price)
    return rounded(price * (share.percent or 0), 100)


def share_at(shares: Sequence[Share], start: datetime) -> Share | None:
    """The share of a period that begins then; None before there was any."""
    held = [each for each in shares if each.since <= start]
    return held[-1] if held else None


def price_at(prices: Sequence[DatedPrice], start: datetime) -> Money:
    """The price of a period that begins then."""
    return [each for each in prices if each.since is None or each.since <= start][-1].price


def months_first(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def month_after(start: datetime, zone: str) -> datetime:
    """Where the month ends that begins then."""
    return start_of_day(add_months(local_date(start, zone), 1), zone)


def month_before(start: datetime, zone: str) -> datetime:
    """Where the month begins that ends then."""
    return start_of_day(months_first(local_date(start, zone) - timedelta(days=1)), zone)


def claim_key(sponsor_id: UUID, start: datetime) -> UUID:
    """The one cause of the claim for the month that begins then."""
    return uuid5(sponsor_id, start.isoformat())


def _gross(money: Money, rate: Rate, *, included: bool) -> Money:
    return money if included else with_tax(money, rate)


def _without(price: int, period: Period, covered: Covered) -> int:
    """Without the days that are frozen as a whole."""
    if not covered.frozen:
        return price
    zone = covered.purchase.zone
    days = list(_days(period, zone))
    charged = sum(
        not any(
            each.start <= begins and (each.until is None or ends <= each.until)
            for each in covered.frozen
        )
        for begins, ends in days
    )
    return rounded(price * charged, len(days))


def _days(period: Period, zone: str) -> Iterable[tuple[datetime, datetime]]:
    day, begins = local_date(period.start, zone), period.start
    while period.until is not None and begins < period.until:
        day += timedelta(days=1)
        ends = start_of_day(day, zone)
        yield begins, ends
        begins = ends
