"""A trial's end: the first charge comes at the contract's instant, or never."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contexts.billing import contract
from contexts.billing.test_collection import at_stripe
from contexts.billing.test_desk import VIENNA, begin, claims, midnight, reach
from contexts.billing.test_fixed_terms import charged, while_we_are_down
from contexts.billing.test_new_prices import announced, changed
from contexts.billing.till import FAILS_LATER, Till
from gymhopper.contracts.billing.events import DebtChanged, PaymentFailed, PaymentSucceeded
from gymhopper.contracts.membership.events import MembershipActivated
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.money import Money

TRIAL: dict[str, Any] = {"contract": "trialing", "trial_days": 30}
CHARGED_AT = datetime(2026, 3, 31, 22, tzinfo=UTC)
"""Midnight of 1 April in Vienna, where summer time began meanwhile: not 30 times 24 hours."""


async def paid(till: Till) -> list[datetime]:
    """From when on the periods are that were paid for with money."""
    told = await till.events(PaymentSucceeded)
    return [each.start for each in told if each.amount.amount]


async def test_the_first_charge_comes_at_midnight_of_the_first_charged_day(till: Till) -> None:
    purchase = await till.subscribe(**TRIAL)
    assert (await at_stripe(till, purchase)).trial_end == int(CHARGED_AT.timestamp())
    await till.advance(seconds=(CHARGED_AT - till.clock.now()).total_seconds() - 1)
    assert await charged(till) == []
    await till.advance(seconds=2)
    assert await charged(till) == [2990]
    assert await paid(till) == [CHARGED_AT]
    assert await till.broken() == []


async def test_a_trial_that_ends_too_soon_for_the_page_is_free_until_then(till: Till) -> None:
    await till.subscribe(**{**TRIAL, "trial_days": 2})
    at = start_of_day(date(2026, 3, 4), VIENNA)
    await till.advance(seconds=(at - till.clock.now()).total_seconds() - 1)
    assert await charged(till) == []
    await till.advance(days=31)
    assert await charged(till) == [2990]
    assert await paid(till) == [at]


async def test_whoever_pays_when_the_trial_is_over_is_charged_at_once(till: Till) -> None:
    purchase = till.sell(**TRIAL)
    await till.advance(days=40)
    await till.pay(purchase)
    await till.settle()
    assert await charged(till) == [2990]
    assert await paid(till) == [till.clock.now()]


async def test_a_page_does_not_stay_open_beyond_the_trial(till: Till) -> None:
    purchase = till.sell(**{**TRIAL, "trial_days": 1})
    page = (await till.checkout(purchase)).json()
    at = start_of_day(date(2026, 3, 3), VIENNA)
    assert datetime.fromisoformat(page["expires_at"]) == at


async def test_a_trial_that_is_cancelled_costs_nothing_ever(till: Till) -> None:
    purchase = await till.subscribe(**TRIAL)
    await till.advance(days=10)
    await till.hear(contract.ends(purchase, CHARGED_AT))
    await while_we_are_down(till, days=100)
    assert await charged(till) == []
    assert (await at_stripe(till, purchase)).status == "canceled"
    await till.settle()
    assert await paid(till) == []
    assert await till.events(DebtChanged) == []
    assert await till.broken() == []


async def test_a_fixed_term_after_a_trial_is_charged_as_often_as_it_was_sold(till: Till) -> None:
    await till.subscribe(**TRIAL, kind="fixed_term", periods=2)
    await while_we_are_down(till, days=300)
    assert await charged(till) == [2990, 2990]


@pytest.mark.parametrize("gateway", ["card", "desk"])
async def test_a_term_that_was_tried_first_is_paid_for_in_whole_periods(
    till: Till, gateway: str
) -> None:
    """The contract's term begins after the trial, and so does what is charged for it."""
    sold: dict[str, Any] = {**TRIAL, "kind": "fixed_term", "periods": 2}
    if gateway == "card":
        purchase = await till.subscribe(**sold)
    else:
        purchase, _ = await begin(till, **sold)
    over = start_of_day(date(2026, 6, 1), VIENNA)
    state = contract.state(purchase, end=over, end_reason="expired")
    await till.hear(MembershipActivated(membership=state))
    if gateway == "card":
        await while_we_are_down(till, days=200)
        await till.settle()
        assert await charged(till) == [2990, 2990]
    else:
        for _ in range(12):
            await till.advance(days=10)
        asked = await claims(till, purchase)
        assert [each["amount"]["amount"] for each in asked] == [0, 2990, 2990]
        assert asked[-1]["until"] == midnight(date(2026, 6, 1))
    assert await till.broken() == []


async def test_without_a_card_at_its_end_there_is_a_debt_until_one_is_there(till: Till) -> None:
    purchase = await till.subscribe(**TRIAL)
    subscription = await at_stripe(till, purchase)
    await till.stripe.v1.payment_methods.detach_async(str(subscription.default_payment_method))
    await reach(till, CHARGED_AT + timedelta(hours=2))
    assert await charged(till) == []
    (debt,) = await till.events(DebtChanged)
    assert debt.owed == Money(2990, "EUR")
    assert (await at_stripe(till, purchase)).status == "past_due"
    await till.use_card(purchase, "pm_card_visa")
    await till.advance(days=2)
    assert (await till.events(DebtChanged))[-1].owed == Money(0, "EUR")
    assert await paid(till) == [CHARGED_AT]
    assert await till.broken() == []


async def test_a_first_charge_that_is_declined_is_a_debt(till: Till) -> None:
    await till.subscribe(FAILS_LATER, **TRIAL)
    await reach(till, CHARGED_AT + timedelta(hours=2))
    (failed,) = await till.events(PaymentFailed)
    assert failed.amount == Money(2990, "EUR")
    assert (await till.events(DebtChanged))[-1].owed == Money(2990, "EUR")
    assert await paid(till) == []


async def test_a_price_that_changes_in_the_trial_is_the_first_one_charged(till: Till) -> None:
    purchase = await till.subscribe(**TRIAL)
    await till.advance(days=5)
    await till.hear(announced(purchase, CHARGED_AT))
    await till.hear(changed(purchase, till.clock.now()))
    assert (await at_stripe(till, purchase)).trial_end == int(CHARGED_AT.timestamp())
    await reach(till, CHARGED_AT + timedelta(hours=2))
    assert await charged(till) == [3490]


@pytest.mark.parametrize("days", [1, 30])
async def test_at_the_desk_the_first_period_begins_on_the_same_day(till: Till, days: int) -> None:
    purchase, _ = await begin(till, **{**TRIAL, "trial_days": days})
    await reach(till, start_of_day(date(2026, 3, 2) + timedelta(days=days), VIENNA))
    trial, first = await claims(till, purchase)
    assert (trial["amount"]["amount"], first["amount"]["amount"]) == (0, 2990)
    assert first["start"] == midnight(date(2026, 3, 2) + timedelta(days=days))
