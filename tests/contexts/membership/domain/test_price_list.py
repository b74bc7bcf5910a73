"""Which line of a price list holds."""

from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from gymhopper.contexts.membership.domain.errors import StalePrice
from gymhopper.contexts.membership.domain.plan import Price
from gymhopper.contexts.membership.domain.price_list import Place, confirm, price_that_holds
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

HERE = Place(location_id=UUID(int=1), country="AT", city="Wien")
DAY = date(2026, 3, 2)


def price(amount: int, **changes: Any) -> Price:
    known: dict[str, Any] = {
        "id": new_id(),
        "plan_id": UUID(int=9),
        "organisation_id": UUID(int=9),
        "money": Money(amount, "EUR"),
        "valid_from": DAY,
        "valid_until": None,
        "channel": None,
        "created_at": datetime(2026, 3, 2, tzinfo=UTC),
    }
    return Price(**known | changes)


def amount(prices: Any, **changes: Any) -> int | None:
    asked: dict[str, Any] = {"currency": "EUR", "day": DAY, "channel": "online", "place": HERE}
    found = price_that_holds(prices, **asked | changes)
    return None if found is None else found.money.amount


LIST = [
    price(1),
    price(2, channel="online"),
    price(3, country="AT"),
    price(4, country="AT", city="Wien"),
    price(5, country="AT", city="Wien", channel="online"),
    price(6, location_id=HERE.location_id),
    price(7, location_id=HERE.location_id, channel="online"),
]


def test_the_more_is_said_of_place_and_then_of_channel_the_more_it_weighs() -> None:
    for size in range(1, len(LIST) + 1):
        for some in permutations(LIST[:size][-4:]):
            assert amount(some) == size


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"channel": "desk"}, 6),
        ({"place": None}, 2),
        ({"place": None, "channel": "network"}, 1),
        ({"place": Place(location_id=UUID(int=2), country="AT", city="Wien")}, 5),
        ({"place": Place(location_id=UUID(int=2), country="AT", city="Graz")}, 3),
        ({"place": Place(location_id=UUID(int=2), country="DE", city="Wien")}, 2),
        ({"currency": "CHF"}, None),
        ({"day": date(2026, 3, 1)}, None),
    ],
)
def test_a_price_of_elsewhere_does_not_count(changes: Any, expected: int | None) -> None:
    assert amount(LIST, **changes) == expected


def test_of_prices_that_say_as_much_the_one_that_began_last_holds() -> None:
    spring = price(8, valid_until=date(2026, 4, 1))
    may = price(9, valid_from=date(2026, 5, 1))
    listed = [price(1), spring, may]
    assert amount(listed) == 8
    assert amount(listed, day=date(2026, 4, 1)) == 1
    assert amount(listed, day=date(2026, 5, 1)) == 9


def test_only_the_price_that_holds_can_be_bought_at() -> None:
    dear, cheap = price(10), price(5, channel="desk")

    def buy(bought: Price, channel: Any, fee: Money | None = None) -> None:
        confirm(
            [dear, cheap],
            bought,
            shown=bought.money,
            joining_fee=fee,
            day=DAY,
            channel=channel,
            place=None,
        )

    buy(dear, "online")
    buy(cheap, "desk")
    for bought, channel, fee in (
        (cheap, "online", None),
        (dear, "desk", None),
        (dear, "online", Money(1, "EUR")),
    ):
        with pytest.raises(StalePrice):
            buy(bought, channel, fee)
