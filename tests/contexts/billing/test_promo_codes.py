"""What a promo code takes off: the same at a provider and at the desk, period by period."""

from datetime import timedelta
from typing import Any

import pytest

from contexts.billing.test_desk import begin, claims, receive
from contexts.billing.test_new_prices import announced, changed
from contexts.billing.test_plan_changes import Change, plan
from contexts.billing.till import Till
from gymhopper.contracts.billing.events import PaymentSucceeded
from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.discount import Discount
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

GATEWAYS = pytest.mark.parametrize("gateway", ["card", "desk"])


def promo(**changes: Any) -> Discount:
    """A fifth off, unless an amount is."""
    given: dict[str, Any] = {"promo_code_id": new_id(), "code": "SPRING"}
    if "amount" not in changes:
        given["basis_points"] = 2000
    return Discount(**{**given, **changes})


async def bought(till: Till, gateway: str, discount: Discount, **changes: Any) -> Purchase:
    """A membership that was paid for the first time."""
    today = till.clock.now().date()
    if gateway == "card":
        return await till.subscribe(discount=discount, starts_on=today, **changes)
    purchase, claim = await begin(till, discount=discount, **changes)
    if claim["amount"]["amount"]:
        answer = await receive(till, claim["claim_id"], claim["amount"]["amount"])
        assert answer.status_code == 201, answer.text
    return purchase


async def lines(till: Till, purchase: Purchase) -> list[list[tuple[str, int]]]:
    """What each claim is for, the oldest first."""
    return [
        [(each["kind"], each["amount"]["amount"]) for each in claim["lines"]]
        for claim in await claims(till, purchase)
        if claim["status"] != "void"
    ]


async def amounts(till: Till, purchase: Purchase, periods: int, days: int = 31) -> list[int]:
    """What each period costs."""
    for _ in range(periods - 1):
        await till.advance(days=days)
    return [sum(x for _, x in each) for each in await lines(till, purchase)][:periods]


@GATEWAYS
@pytest.mark.parametrize(
    ("discount", "expected"),
    [
        (promo(periods=1), [2392, 2990, 2990, 2990]),
        (promo(periods=3), [2392, 2392, 2392, 2990]),
        (promo(), [2392, 2392, 2392, 2392]),
        (promo(basis_points=3333, periods=2), [1993, 1993, 2990, 2990]),
        (promo(amount=Money(1000, "EUR"), periods=2), [1990, 1990, 2990, 2990]),
        (promo(amount=Money(9000, "EUR"), periods=1), [0, 2990, 2990, 2990]),
    ],
    ids=["once", "three periods", "forever", "a third", "an amount", "more than all"],
)
async def test_so_many_periods_cost_less_and_then_the_full_price(
    till: Till, gateway: str, discount: Discount, expected: list[int]
) -> None:
    purchase = await bought(till, gateway, discount)
    assert await amounts(till, purchase, 4) == expected
    assert await till.broken() == []


@GATEWAYS
@pytest.mark.parametrize(
    ("interval", "count", "days"), [("week", 1, 7), ("week", 4, 28), ("month", 3, 91)]
)
async def test_periods_are_counted_whatever_their_length(
    till: Till, gateway: str, interval: str, count: int, days: int
) -> None:
    cycle = {"interval": interval, "interval_count": count}
    purchase = await bought(till, gateway, promo(periods=2), **cycle)
    assert await amounts(till, purchase, 4, days + 1) == [2392, 2392, 2990, 2990]


@GATEWAYS
@pytest.mark.parametrize("periods", [1, 2])
@pytest.mark.parametrize("days", [7, 45])
async def test_a_discount_begins_with_the_first_period_after_a_trial(
    till: Till, gateway: str, periods: int, days: int
) -> None:
    purchase = await bought(till, gateway, promo(periods=periods), trial_days=days)
    await till.advance(days=days + 1)
    costs = [2392] * periods + [2990] * (3 - periods)
    found = await amounts(till, purchase, 3)
    paid = [sum(x for _, x in each) for each in await lines(till, purchase)]
    assert [each for each in paid if each][:3] == costs, found


@GATEWAYS
async def test_all_off_opens_the_door_without_money(till: Till, gateway: str) -> None:
    purchase = await bought(till, gateway, promo(basis_points=10_000, periods=1))
    (paid,) = await till.events(PaymentSucceeded)
    assert (paid.amount, paid.membership_id) == (Money(0, "EUR"), purchase.membership_id)
    assert paid.until > till.clock.now() + timedelta(days=27)
    await till.advance(days=31)
    assert (await lines(till, purchase))[:2] == [
        [("period", 2990), ("discount", -2990)],
        [("period", 2990)],
    ]
    assert await till.broken() == []


@GATEWAYS
async def test_the_joining_fee_stays_whole_unless_the_code_says_otherwise(
    till: Till, gateway: str
) -> None:
    fee = Money(2000, "EUR")
    whole = await bought(till, gateway, promo(periods=1), joining_fee=fee)
    less = await bought(till, gateway, promo(periods=1, joining_fee=True), joining_fee=fee)
    assert sorted((await lines(till, whole))[0]) == sorted(
        [("period", 2990), ("discount", -598), ("joining_fee", 2000)]
    )
    assert sorted((await lines(till, less))[0]) == sorted(
        [("period", 2990), ("discount", -598), ("joining_fee", 1600)]
    )


@GATEWAYS
async def test_what_is_paid_once_costs_less_once(till: Till, gateway: str) -> None:
    pack = {"kind": "pack", "periods": 1, "joining_fee": Money(500, "EUR")}
    purchase = await bought(till, gateway, promo(joining_fee=True), **pack)
    (claim,) = await claims(till, purchase)
    assert (claim["status"], claim["amount"]["amount"]) == ("paid", 2392 + 400)
    assert [(x["kind"], x["amount"]["amount"]) for x in claim["lines"]] == [
        ("purchase", 2990),
        ("discount", -598),
        ("joining_fee", 400),
    ]
    assert await till.broken() == []


@GATEWAYS
async def test_yen_have_no_hundredths(till: Till, gateway: str) -> None:
    price = Money(3333, "JPY")
    if gateway == "card":
        purchase = await till.subscribe(discount=promo(periods=1), price=price)
    else:
        purchase, _ = await begin(till, discount=promo(periods=1), price=price)
    assert (await lines(till, purchase))[0] == [("period", 3333), ("discount", -667)]


async def test_the_invoice_shows_what_was_taken_off(till: Till) -> None:
    await bought(till, "desk", promo(periods=1))
    (document,) = (await till.get("/documents")).json()["items"]
    shown = (await till.get(f"/documents/{document['document_id']}")).json()
    assert [(each["text"], each["amount"]["amount"]) for each in shown["lines"]] == [
        ("Basic", 2990),
        ("SPRING", -598),
    ]
    assert shown["payable"]["amount"] == 2392


@GATEWAYS
async def test_another_price_is_reduced_as_the_first_one_was(till: Till, gateway: str) -> None:
    purchase = await bought(till, gateway, promo(periods=3))
    at = till.clock.now() + timedelta(days=10)
    await till.hear(announced(purchase, at))
    await till.advance(days=10)
    await till.hear(changed(purchase, at))
    # 3490 from then on.
    assert await amounts(till, purchase, 4) == [2392, 2792, 2792, 3490]


@GATEWAYS
async def test_a_change_of_plan_ends_the_discount_and_gives_back_what_was_paid(
    till: Till, gateway: str
) -> None:
    purchase = await bought(till, gateway, promo())
    await till.advance(days=10)
    change = Change(till, purchase)
    shown = await change.now()
    claim = (await claims(till, purchase))[-1]
    assert claim["amount"]["amount"] == shown.charged.amount
    back = next(x["amount"]["amount"] for x in claim["lines"] if x["amount"]["amount"] < 0)
    assert -2392 < back < -1400
    await change.in_force()
    await till.advance(days=31)
    assert (await lines(till, purchase))[-1] == [("period", 4990)]


@GATEWAYS
async def test_a_change_that_is_undone_brings_the_discount_back(till: Till, gateway: str) -> None:
    purchase = await bought(till, gateway, promo(periods=2))
    first = (await till.events(PaymentSucceeded))[-1]
    change = Change(till, purchase, plan(1990, "Small"))
    await change.later(first.until)
    await till.settle()
    await change.undo()
    await till.settle()
    assert await amounts(till, purchase, 3) == [2392, 2392, 2990]
