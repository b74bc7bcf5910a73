"""Which of a plan's prices holds: the one that says most about place and channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar
from uuid import UUID

from gymhopper.contexts.membership.domain.agreement import Channel
from gymhopper.contexts.membership.domain.errors import StalePrice
from gymhopper.contexts.membership.domain.plan import Price, SalesChannel
from gymhopper.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is bought; `country` is ISO 3166-1 alpha-2."""

    location_id: UUID
    country: str
    city: str


class Listed(Protocol):
    """A line of a price list."""

    @property
    def money(self) -> Money: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_until(self) -> date | None: ...
    @property
    def channel(self) -> SalesChannel | None: ...
    @property
    def location_id(self) -> UUID | None: ...
    @property
    def country(self) -> str | None: ...
    @property
    def city(self) -> str | None: ...


Line = TypeVar("Line", bound=Listed)


def price_that_holds(
    prices: Iterable[Line],
    *,
    currency: str,
    day: date,
    channel: Channel,
    place: Place | None,
) -> Line | None:
    """The price in that currency; None when there is none on that day.

    A location outweighs a city, a city its country, a country everywhere; then a channel outweighs
    all channels; then the price that began last holds, and of these the last one of the list.
    """
    holding = [
        each
        for each in prices
        if each.money.currency == currency
        and each.valid_from <= day
        and (each.valid_until is None or day < each.valid_until)
        and each.channel in (None, channel)
        and _is_for(each, place)
    ]
    return max(reversed(holding), key=_weight, default=None)


def confirm(
    prices: Iterable[Price],
    price: Price,
    *,
    shown: Money,
    joining_fee: Money | None,
    day: date,
    channel: Channel,
    place: Place | None,
) -> None:
    """Raise StalePrice unless the buyer was shown `price`, and it is the one that holds."""
    holds = price_that_holds(
        prices, currency=price.money.currency, day=day, channel=channel, place=place
    )
    if holds is not price or (shown, joining_fee) != (price.money, price.joining_fee):
        raise StalePrice(
            "The price that was shown is not on offer now. Read the plan's prices again.",
            field="price",
        )


def _is_for(price: Listed, place: Place | None) -> bool:
    if place is None:
        return price.location_id is None and price.city is None and price.country is None
    return (
        price.location_id in (None, place.location_id)
        and price.city in (None, place.city)
        and price.country in (None, place.country)
    )


def _weight(price: Listed) -> tuple[bool, bool, bool, bool, date]:
    return (
        price.location_id is not None,
        price.city is not None,
        price.country is not None,
        price.channel is not None,
        price.valid_from,
    )
