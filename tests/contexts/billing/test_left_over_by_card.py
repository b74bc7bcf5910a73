"""A cheaper plan at once by card: what the provider's preview leaves over becomes our credit."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.billing import contract
from contexts.billing.disturbed import Disturbed
from contexts.billing.test_credit import at_stripe, left, moved
from contexts.billing.test_desk import claims, reach
from contexts.billing.test_disputes import take_back
from contexts.billing.test_kills import die_everywhere, only_hear
from contexts.billing.test_left_over import LIGHT, asked
from contexts.billing.test_plan_changes import Change, amounts, lines, plan, sound
from contexts.billing.test_promo_codes import promo
from contexts.billing.test_time_given_back import given_back
from contexts.billing.till import Till
from gymhopper.contexts.billing.gateways.stripe_changes import CHANGE
from gymhopper.contexts.billing.usecases.change_plan import change_at_provider
from gymhopper.contracts.billing.api import PlanChangeQuote
from gymhopper.contracts.billing.events import (
    DebtChanged,
    PaymentSucceeded,
    PlanChangeCollected,
    PlanChangeDeclined,
)
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.calendar import local_date, start_of_day

VIENNA = "Europe/Vienna"
DAY = timedelta(days=1)
PREMIUM = plan(4990)


async def ten_days_in(till: Till, **changes: Any) -> Purchase:
    """2990 for the month; some seconds of the eleventh day have passed."""
    purchase = await till.subscribe(**changes)
    await till.advance(days=10, hours=7, minutes=13, seconds=5)
    return purchase


async def ends(till: Till, purchase: Purchase) -> datetime:
    """When the period ends that was paid first."""
    return datetime.fromisoformat((await claims(till, purchase))[0]["until"])


async def charged(till: Till) -> list[int]:
    """What the card was charged, the oldest first."""
    found = (await till.stripe.v1.charges.list_async()).data
    return [each.amount for each in reversed(found) if each.status == "succeeded"]


async def price_at_stripe(till: Till, purchase: Purchase) -> int | None:
    found = await till.stripe.v1.subscriptions.retrieve_async(await till.subscription_id(purchase))
    return found["items"].data[0].price.unit_amount  # type: ignore[no-any-return] # their own type


def parts(shown: PlanChangeQuote) -> tuple[int, int]:
    """What is given back of the old plan, and what the new one costs."""
    back, new = (line.amount for line in shown.lines)
    assert back + new == shown.charged.amount < 0 < new
    return -back, new


async def test_what_the_preview_leaves_over_is_credit_and_pays_the_next_period(
    till: Till,
) -> None:
    purchase = await ten_days_in(till)
    until = await ends(till, purchase)
    change = Change(till, purchase, LIGHT)
    shown = await change.now()
    back, new = parts(shown)
    exact = (until - shown.priced_at) / timedelta(days=31)
    assert abs(back - 2990 * exact) <= 1
    assert abs(new - 1990 * exact) <= 1
    assert await moved(till, purchase) == [("granted", back), ("used", -new)]
    assert await left(till, purchase) == (back - new, back - new)
    assert await at_stripe(till, purchase) == back - new
    first, second = await claims(till, purchase)
    # What became credit is not paid out as well.
    assert (first["credited"]["amount"], first["refundable"]["amount"]) == (back, 2990 - back)
    assert (second["status"], datetime.fromisoformat(second["until"])) == ("paid", until)
    (event,) = await till.events(PlanChangeCollected)
    assert (event.change_id, event.period_until) == (change.id, until)
    assert await charged(till) == [2990]
    assert len((await till.stripe.v1.invoices.list_async()).data) == 1
    await sound(till)
    await change.in_force()
    await till.advance(days=25)
    assert await amounts(till, purchase) == [2990, new, 1990]
    assert await lines(till, purchase) == [("Light", 1990)]
    assert await charged(till) == [2990, 1990 - (back - new)]
    assert await left(till, purchase) == (0, 0)
    assert await till.events(DebtChanged) == []
    await sound(till)


async def test_the_same_change_told_again_gives_nothing_twice(till: Till) -> None:
    purchase = await ten_days_in(till)
    change = Change(till, purchase, LIGHT)
    shown = await change.now()
    await change.now(shown)
    back, new = parts(shown)
    assert await moved(till, purchase) == [("granted", back), ("used", -new)]
    assert await till.events(PlanChangeDeclined) == []


async def test_wherever_the_change_dies_it_is_made_once_and_given_back_once(till: Till) -> None:
    purchase = await ten_days_in(till)
    change = Change(till, purchase, LIGHT)
    back, new = parts(await change.quote())
    await only_hear(till, await asked(change))
    (dues,) = await till.rows("SELECT id FROM billing.dues")
    steps = await die_everywhere(
        till, lambda runtime, provider: change_at_provider(runtime, provider, dues["id"])
    )
    assert steps >= 10
    await till.settle()
    assert await moved(till, purchase) == [("granted", back), ("used", -new)]
    assert await amounts(till, purchase) == [2990, new]
    assert await at_stripe(till, purchase) == back - new
    assert len(await till.events(PlanChangeCollected)) == 1
    assert await till.events(PlanChangeDeclined) == []
    await sound(till)


async def test_a_change_that_is_taken_up_after_the_next_period_began_is_whole(till: Till) -> None:
    """It died when the provider knew of it already; the renewal came meanwhile."""
    purchase = await ten_days_in(till)
    change = Change(till, purchase, LIGHT)
    back, new = parts(await change.quote())
    await only_hear(till, await asked(change))
    (dues,) = await till.rows("SELECT id FROM billing.dues")

    async def dies(method: str) -> None:
        if method == "change_plan":
            raise ConnectionResetError

    provider: Any = Disturbed(till.provider, after=dies)
    with pytest.raises(ConnectionResetError):
        await change_at_provider(till.runtime, provider, dues["id"])
    # Nothing works until the next period has begun.
    till.clock.advance(25 * DAY)
    await till.advance()
    assert await till.events(PlanChangeDeclined) == []
    assert (await till.events(PlanChangeCollected))[0].change_id == change.id
    assert await moved(till, purchase) == [("granted", back), ("used", -new)]
    assert sorted(await amounts(till, purchase)) == sorted([2990, new, 1990])
    await sound(till)


@pytest.mark.parametrize("terms", [PREMIUM, plan(990, "Lighter")], ids=["up", "down"])
async def test_in_a_period_whose_rest_was_given_back_nothing_more_changes_at_once(
    till: Till, terms: Any
) -> None:
    """The provider still counts what it charged, and would give it back once more."""
    purchase = await ten_days_in(till)
    until = await ends(till, purchase)
    again = Change(till, purchase, terms)
    # Both previews were looked at before either was agreed to.
    shown = await again.quote()
    first = Change(till, purchase, LIGHT)
    back, new = parts(await first.now())
    await first.in_force()
    for instant in (shown.priced_at, until - timedelta(seconds=2)):
        await reach(till, max(instant, till.clock.now()))
        quote = await again.quote()
        assert (quote.refusal, quote.lines) == ("given_back", ())
    await again.now(shown)
    (declined,) = await till.events(PlanChangeDeclined)
    assert (declined.change_id, declined.reason) == (again.id, "price_changed")
    assert await moved(till, purchase) == [("granted", back), ("used", -new)]
    assert await charged(till) == [2990]
    assert await price_at_stripe(till, purchase) == 1990
    await reach(till, until + timedelta(hours=2))
    assert (await Change(till, purchase, terms).quote()).refusal is None
    await sound(till)


async def test_for_the_end_of_that_period_another_change_is_scheduled(till: Till) -> None:
    purchase = await ten_days_in(till)
    until = await ends(till, purchase)
    first = Change(till, purchase, LIGHT)
    back, new = parts(await first.now())
    await first.in_force()
    later = Change(till, purchase, PREMIUM)
    assert (await later.quote(until, at_once=False)).refusal is None
    await later.later(until)
    await reach(till, until + timedelta(hours=2))
    await later.in_force()
    assert await amounts(till, purchase) == [2990, new, 4990]
    assert await charged(till) == [2990, 4990 - (back - new)]
    await sound(till)


async def test_after_an_upgrade_what_both_charges_paid_for_is_left_over(till: Till) -> None:
    purchase = await till.subscribe()
    # Soon after midnight: the days that are left are fewer than the hours are.
    await reach(till, start_of_day(local_date(till.clock.now(), VIENNA) + DAY, VIENNA))
    up = Change(till, purchase, PREMIUM)
    paid_up = (await up.now()).charged.amount
    await up.in_force()
    await till.advance(seconds=7)
    shown = await Change(till, purchase, LIGHT).now()
    back, new = parts(shown)
    exact = (await ends(till, purchase) - shown.priced_at) / timedelta(days=31)
    assert abs(back - 4990 * exact) <= 1
    assert back <= 2990 + paid_up
    assert await left(till, purchase) == (back - new, back - new)
    assert await amounts(till, purchase) == [2990, paid_up, new]
    credited = [each["credited"]["amount"] for each in await claims(till, purchase)]
    assert sum(credited) == back
    # Each day had its price in two claims, and of each claim no more is credited than it came to.
    assert credited[1] <= paid_up
    assert abs(credited[0] - 2990 * exact) <= 1
    await sound(till)


async def test_what_a_code_took_off_is_not_left_over_and_takes_off_nothing_more(
    till: Till,
) -> None:
    purchase = await ten_days_in(till, discount=promo())
    assert await charged(till) == [2392]
    shown = await Change(till, purchase, LIGHT).now()
    back, new = parts(shown)
    exact = (await ends(till, purchase) - shown.priced_at) / timedelta(days=31)
    assert abs(back - 2392 * exact) <= 1
    assert abs(new - 1990 * exact) <= 1
    await till.advance(days=25)
    assert await charged(till) == [2392, 1990 - (back - new)]
    await sound(till)


@pytest.mark.parametrize("how", ["refund", "dispute"])
async def test_what_went_back_is_not_left_over(till: Till, how: str) -> None:
    purchase = await ten_days_in(till)
    change = Change(till, purchase, LIGHT)
    shown = await change.quote()
    await goes_back(till, purchase, how)
    assert (await change.quote()).refusal in {"left_over", "not_collected"}
    await change.now(shown)
    (declined,) = await till.events(PlanChangeDeclined)
    assert (declined.change_id, declined.reason) == (change.id, "left_over")
    assert await moved(till, purchase) == []
    found = await till.stripe.v1.subscriptions.retrieve_async(await till.subscription_id(purchase))
    assert CHANGE not in found.metadata


@pytest.mark.parametrize("how", ["refund", "dispute"])
async def test_money_that_goes_back_while_the_provider_is_told_leaves_the_old_plan(
    till: Till, how: str
) -> None:
    purchase = await ten_days_in(till)
    change = Change(till, purchase, LIGHT)
    await only_hear(till, await asked(change))
    (dues,) = await till.rows("SELECT id FROM billing.dues")

    async def meanwhile(method: str) -> None:
        if method == "change_plan":
            assert await price_at_stripe(till, purchase) == 1990
            await goes_back(till, purchase, how, settle=False)

    provider: Any = Disturbed(till.provider, after=meanwhile)
    await change_at_provider(till.runtime, provider, dues["id"])
    await till.settle()
    (declined,) = await till.events(PlanChangeDeclined)
    assert (declined.change_id, declined.reason) == (change.id, "left_over")
    assert await moved(till, purchase) == []
    assert await price_at_stripe(till, purchase) == 2990
    assert await till.broken() == []


async def goes_back(till: Till, purchase: Purchase, how: str, *, settle: bool = True) -> None:
    if how == "dispute":
        await take_back(till)
    elif settle:
        (claim,) = await claims(till, purchase)
        path = f"/claims/{claim['claim_id']}/refunds"
        assert (await till.post(path, {"amount": 1})).status_code < 300
        await till.settle()
    else:
        (charge,) = (await till.stripe.v1.charges.list_async()).data
        await till.stripe.v1.refunds.create_async({"charge": charge.id, "amount": 1})


async def test_another_length_of_period_that_leaves_something_over_waits(till: Till) -> None:
    purchase = await ten_days_in(till)
    quote = await Change(till, purchase, plan(500, "Weekly", interval="week")).quote()
    assert (quote.refusal, quote.charged.amount < 0) == ("left_over", True)


async def test_a_closed_door_gives_back_what_the_days_of_the_cheaper_plan_cost(
    till: Till,
) -> None:
    purchase = await ten_days_in(till)
    shown = await Change(till, purchase, LIGHT).now()
    _, new = parts(shown)
    today = local_date(shown.priced_at, VIENNA)
    days = (local_date(await ends(till, purchase), VIENNA) - today).days
    # Two of the days lie before the change.
    start = start_of_day(today - 2 * DAY, VIENNA) + timedelta(hours=10)
    await till.hear(given_back(purchase, start, 5))
    granted = [amount for kind, amount in (await moved(till, purchase))[2:]]
    assert granted == [round(2990 * 2 / 31), round(new * 3 / days)]
    assert await till.broken() == []


async def test_a_freeze_that_is_to_come_gives_back_days_of_the_cheaper_plan_alone(
    till: Till,
) -> None:
    """The provider counts no freezes: what it gives back of the old plan has those days in it."""
    purchase = await ten_days_in(till)
    today = local_date(till.clock.now(), VIENNA)
    start, stop = (start_of_day(today + number * DAY, VIENNA) for number in (4, 9))
    await till.hear(contract.overlaid(purchase, contract.freeze(start, stop)))
    _, new = parts(await Change(till, purchase, LIGHT).now())
    days = (local_date(await ends(till, purchase), VIENNA) - today).days
    await reach(till, stop)
    await till.hear(given_back(purchase, start, 5, "freeze"))
    assert [amount for _, amount in (await moved(till, purchase))[2:]] == [round(new * 5 / days)]
    assert await till.broken() == []


@pytest.mark.parametrize("terms", [PREMIUM, LIGHT], ids=["up", "down"])
async def test_days_that_are_over_and_were_given_back_are_given_back_by_no_change(
    till: Till, terms: Any
) -> None:
    purchase = await ten_days_in(till)
    untouched = await Change(till, purchase, terms).quote()
    today = start_of_day(local_date(till.clock.now(), VIENNA), VIENNA)
    await till.hear(given_back(purchase, today - 3 * DAY, 3))
    assert await moved(till, purchase) == [("granted", 289)]
    shown = await Change(till, purchase, terms).now(untouched)
    # The provider gives back time to come only, and that was not given back.
    assert abs(-shown.lines[0].amount - round(2990 * (31 - 10.3) / 31)) <= 2
    # No day is given back again, of the old plan or of the new one.
    await till.hear(given_back(purchase, today - 3 * DAY, 3, "freeze"))
    back = [-shown.lines[0].amount] if terms is LIGHT else []
    granted = [amount for kind, amount in await moved(till, purchase) if kind == "granted"]
    assert granted == [289, *back]
    assert len(await till.events(PlanChangeCollected)) == 1
    await sound(till)


@pytest.mark.parametrize("terms", [PREMIUM, LIGHT], ids=["up", "down"])
async def test_days_to_come_that_were_given_back_keep_the_plan_until_the_period_ends(
    till: Till, terms: Any
) -> None:
    purchase = await ten_days_in(till)
    shown = await Change(till, purchase, terms).quote()
    today = start_of_day(local_date(till.clock.now(), VIENNA), VIENNA)
    await till.hear(given_back(purchase, today + 3 * DAY, 3))
    change = Change(till, purchase, terms)
    assert (await change.quote()).refusal == "given_back"
    await change.now(shown)
    assert (await till.events(PlanChangeDeclined))[-1].reason == "price_changed"
    assert await charged(till) == [2990]


async def test_a_freeze_after_an_upgrade_gives_back_what_both_charges_paid(till: Till) -> None:
    """It was charged as a difference, so that each day has its price in two claims."""
    purchase = await ten_days_in(till)
    shown = await Change(till, purchase, PREMIUM).now()
    today = local_date(shown.priced_at, VIENNA)
    days = (local_date(await ends(till, purchase), VIENNA) - today).days
    start = start_of_day(today + 2 * DAY, VIENNA)
    await till.hear(given_back(purchase, start, 7, "freeze"))
    granted = [amount for _, amount in await moved(till, purchase)]
    assert granted == [round(2990 * 7 / 31), round(shown.charged.amount * 7 / days)]
    assert sum(granted) <= 4990 * 7 / 31 + 1
    assert await till.broken() == []


async def test_the_first_payment_is_told_once_and_the_new_days_are_paid(till: Till) -> None:
    purchase = await ten_days_in(till)
    shown = await Change(till, purchase, LIGHT).now()
    first, second = await till.events(PaymentSucceeded)
    assert isinstance(second.claim_id, UUID)
    assert (first.amount.amount, second.amount.amount) == (2990, parts(shown)[1])
    assert (second.start, second.until) == (shown.priced_at, first.until)
