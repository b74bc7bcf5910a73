"""What was sold for a time is collected for that time: whole periods, and then no more."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contexts.billing import contract
from contexts.billing.test_collection import at_stripe
from contexts.billing.test_desk import VIENNA, claims, joined, reach
from contexts.billing.till import Till
from gymhopper.contracts.billing.events import PaymentSucceeded, SubscriptionChanged
from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.events import MembershipActivated, MembershipOverlayChanged
from gymhopper.kernel.calendar import add_months, local_date, start_of_day
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Term
from gymhopper.sandbox.stripe.billing.clock import BillingClock

TERM: dict[str, Any] = {"kind": "fixed_term", "price": Money(3000, "EUR"), "periods": 3}


def expiry(purchase: Purchase) -> datetime:
    """Where the contract is over by its own terms."""
    assert purchase.periods is not None
    term = Term("month", purchase.interval_count)
    return start_of_day(term.boundary(purchase.starts_on, purchase.periods), purchase.zone)


def activated(purchase: Purchase) -> MembershipActivated:
    state = contract.state(purchase, end=expiry(purchase), end_reason="expired")
    return MembershipActivated(membership=state)


def frozen(purchase: Purchase, *overlays: Any, until: datetime) -> MembershipOverlayChanged:
    state = contract.state(purchase, overlays=overlays, end=until, end_reason="expired")
    return MembershipOverlayChanged(membership=state, overlay_id=new_id())


async def charged(till: Till) -> list[int]:
    """What the provider charged, in the order in which it did."""
    page = await till.stripe.v1.charges.list_async({"limit": 100})
    return [each.amount for each in reversed(page.data) if each.paid]


async def while_we_are_down(till: Till, **by: float) -> None:
    """Time passes at the provider alone."""
    till.clock.advance(timedelta(**by))
    await BillingClock(till.runtime, till.recovery).run_due()


async def test_the_provider_knows_the_end_beforehand_and_cuts_no_period_short(till: Till) -> None:
    """The bug by name: `cancel_at` at the contract's midnight makes the last charge smaller."""
    purchase = await till.subscribe(**TERM)
    end = datetime(2026, 6, 2, 9, tzinfo=UTC)
    # Membership has not even said when the contract is over.
    assert (await at_stripe(till, purchase)).cancel_at == int(end.timestamp())
    await till.hear(activated(purchase))
    assert (await at_stripe(till, purchase)).cancel_at == int(end.timestamp())
    assert await till.events(SubscriptionChanged) == []

    await while_we_are_down(till, days=200)
    assert await charged(till) == [3000, 3000, 3000]
    assert (await at_stripe(till, purchase)).status == "canceled"

    await till.settle()
    paid = await till.events(PaymentSucceeded)
    assert [each.amount.amount for each in paid] == [3000, 3000, 3000]
    assert paid[-1].until == end
    assert await till.broken() == []


async def test_the_same_term_at_the_desk_is_asked_for_as_often(till: Till) -> None:
    purchase = await joined(till, **TERM)
    await till.hear(activated(purchase))
    for _ in range(14):
        await till.advance(days=10)
    amounts = [each["amount"]["amount"] for each in await claims(till, purchase)]
    assert amounts == [3000, 3000, 3000]
    assert await till.broken() == []


async def test_a_freeze_that_moves_the_term_moves_the_last_charge(till: Till) -> None:
    purchase = await till.subscribe(**TERM)
    await till.hear(activated(purchase))
    rest = contract.freeze(
        start_of_day(date(2026, 3, 20), VIENNA),
        start_of_day(date(2026, 4, 20), VIENNA),
        extends_term=True,
    )
    later = start_of_day(date(2026, 7, 3), VIENNA)
    await till.hear(frozen(purchase, rest, until=later))
    end = datetime(2026, 7, 2, 9, tzinfo=UTC)
    assert (await at_stripe(till, purchase)).cancel_at == int(end.timestamp())
    for day in (date(2026, 3, 20), date(2026, 4, 20), date(2026, 5, 10)):
        await reach(till, start_of_day(day, VIENNA))
    # It is over, and membership speaks of it no more: what was not paid for is made up for still.
    await till.hear(frozen(purchase, until=later))
    assert (await at_stripe(till, purchase)).cancel_at == int(end.timestamp())
    await while_we_are_down(till, days=200)
    # The days of March that were frozen have paid for what is left of April, and for a bit of May.
    assert await charged(till) == [3000, 2942, 3000]
    await till.settle()
    assert await till.broken() == []


async def test_at_the_desk_the_days_by_which_a_freeze_moved_the_end_are_paid_for(
    till: Till,
) -> None:
    purchase = await joined(till, **TERM)
    await till.hear(activated(purchase))
    rest = contract.freeze(
        start_of_day(date(2026, 4, 10), VIENNA),
        start_of_day(date(2026, 4, 20), VIENNA),
        extends_term=True,
    )
    later = start_of_day(date(2026, 6, 12), VIENNA)
    await till.hear(frozen(purchase, rest, until=later))
    for _ in range(14):
        await till.advance(days=10)
    amounts = [each["amount"]["amount"] for each in await claims(till, purchase)]
    # 20 of 30 days in April, and 10 of 30 days from 2 June on.
    assert amounts == [3000, 2000, 3000, 1000]
    assert await till.broken() == []


async def test_a_notice_that_is_taken_back_leaves_the_terms_own_end(till: Till) -> None:
    purchase = await till.subscribe(**TERM)
    await till.hear(activated(purchase))
    notice = till.clock.now() + timedelta(days=40)
    await till.hear(contract.ends(purchase, notice))
    assert (await at_stripe(till, purchase)).cancel_at == int(notice.timestamp())
    await till.hear(contract.goes_on(purchase))
    end = datetime(2026, 6, 2, 9, tzinfo=UTC)
    assert (await at_stripe(till, purchase)).cancel_at == int(end.timestamp())
    assert await till.events(SubscriptionChanged) == []


async def test_an_end_that_a_person_set_in_the_portal_and_took_back_leaves_it_too(
    till: Till,
) -> None:
    purchase = await till.subscribe(**TERM)
    subscription_id = await till.subscription_id(purchase)
    subscriptions = till.stripe.v1.subscriptions
    await subscriptions.update_async(subscription_id, {"cancel_at_period_end": True})
    await till.settle()
    (told,) = await till.events(SubscriptionChanged)
    assert told.ends_at == datetime(2026, 4, 2, 9, tzinfo=UTC)
    await subscriptions.update_async(subscription_id, {"cancel_at_period_end": False})
    await till.settle()
    assert (await till.events(SubscriptionChanged))[-1].ends_at is None
    end = datetime(2026, 6, 2, 9, tzinfo=UTC)
    assert (await at_stripe(till, purchase)).cancel_at == int(end.timestamp())


async def test_a_notice_to_the_end_of_a_term_cuts_no_period_short_either(till: Till) -> None:
    purchase = await till.subscribe(price=Money(3000, "EUR"))
    await till.hear(contract.ends(purchase, start_of_day(date(2026, 5, 2), VIENNA)))
    await while_we_are_down(till, days=200)
    assert await charged(till) == [3000, 3000]


async def test_an_end_that_came_as_asked_a_little_before_the_contracts_is_no_news(
    till: Till,
) -> None:
    # In UTC it is still February: the provider's months end on the 28th.
    await reach(till, start_of_day(date(2027, 3, 1), VIENNA) + timedelta(minutes=30))
    purchase = await till.subscribe(**TERM, starts_on=date(2027, 3, 1))
    await till.hear(activated(purchase))
    assert local_date(expiry(purchase), VIENNA) == date(2027, 6, 1)
    await till.advance(days=90)
    assert (await at_stripe(till, purchase)).status == "canceled"
    assert till.clock.now() < expiry(purchase)
    assert await charged(till) == [3000, 3000, 3000]
    assert await till.events(SubscriptionChanged) == []


MONTH_ENDS = [add_months(date(2027, 1, 31), number) for number in range(24)]


async def test_month_ends_do_not_drift_at_the_provider(till: Till) -> None:
    """The bug by name: 31 January, 28 February, and 31 March again, for 24 months."""
    await reach(till, datetime(2027, 1, 31, 11, 59, 59, tzinfo=UTC))
    await till.subscribe(kind="fixed_term", periods=24, starts_on=date(2027, 1, 31))
    await till.advance(days=800)
    paid = await till.events(PaymentSucceeded)
    assert [each.start.date() for each in paid] == MONTH_ENDS
    assert {each.amount for each in paid} == {Money(2990, "EUR")}
    assert paid[-1].until == datetime(2029, 1, 31, 12, tzinfo=UTC)
    assert await charged(till) == [2990] * 24


@pytest.mark.timeout(300)
async def test_month_ends_do_not_drift_at_the_desk(till: Till) -> None:
    await reach(till, datetime(2027, 1, 31, 11, 59, 59, tzinfo=UTC))
    purchase = await joined(till, kind="fixed_term", periods=24, starts_on=date(2027, 1, 31))
    for _ in range(26):
        await till.advance(days=30)
    found = await claims(till, purchase)
    starts = [datetime.fromisoformat(each["start"]) for each in found]
    assert [local_date(each, VIENNA) for each in starts] == MONTH_ENDS
    assert {each["amount"]["amount"] for each in found} == {2990}
    assert found[-1]["until"] == "2029-01-30T23:00:00Z"
