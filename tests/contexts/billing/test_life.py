"""A subscription's life at the provider, and what the platform hears of it."""

from datetime import timedelta
from itertools import pairwise

from contexts.billing.till import FAILS_LATER, Till
from gymhopper.contracts.billing.events import (
    DebtChanged,
    PaymentFailed,
    PaymentSucceeded,
    SubscriptionChanged,
)
from gymhopper.kernel.money import Money


async def test_each_renewal_is_a_paid_claim_for_the_next_period(till: Till) -> None:
    await till.subscribe()
    await till.advance(days=70)
    paid = await till.events(PaymentSucceeded)
    assert [(each.start.month, each.until.month) for each in paid] == [(3, 4), (4, 5), (5, 6)]
    assert all(before.until == after.start for before, after in pairwise(paid))
    assert await till.events(DebtChanged) == []


async def test_a_failed_renewal_starts_the_debt_clock_and_a_new_card_clears_it(till: Till) -> None:
    purchase = await till.subscribe(FAILS_LATER)
    await till.advance(days=31)
    known_at = till.clock.now()
    (failed,) = await till.events(PaymentFailed)
    assert (failed.known_at, failed.first_payment) == (known_at, False)
    (debt,) = await till.events(DebtChanged)
    assert (debt.owed, debt.overdue_since) == (Money(2990, "EUR"), known_at)

    # Another failed try neither restarts the clock nor is told again.
    await till.advance(days=1)
    assert len(await till.events(PaymentFailed)) == 1
    assert len(await till.events(DebtChanged)) == 1

    await till.use_card(purchase, "pm_card_visa")
    await till.advance(days=3)
    assert (await till.events(DebtChanged))[-1].owed == Money(0, "EUR")
    assert (await till.events(DebtChanged))[-1].overdue_since is None
    assert len(await till.events(PaymentSucceeded)) == 2


async def test_a_subscription_that_dunning_ended_is_ended_and_the_debt_stays(till: Till) -> None:
    await till.subscribe(FAILS_LATER)
    await till.advance(days=45)
    (changed,) = await till.events(SubscriptionChanged)
    assert changed.ended
    assert changed.ends_at is not None
    assert changed.ends_at <= till.clock.now()
    assert (await till.events(DebtChanged))[-1].owed == Money(2990, "EUR")


async def test_an_end_that_the_person_set_at_the_provider_is_told_and_can_be_taken_back(
    till: Till,
) -> None:
    purchase = await till.subscribe()
    subscription_id = await till.subscription_id(purchase)
    subscriptions = till.stripe.v1.subscriptions
    await subscriptions.update_async(subscription_id, {"cancel_at_period_end": True})
    await till.settle()
    (changed,) = await till.events(SubscriptionChanged)
    assert changed.ends_at == till.clock.now() + timedelta(days=31)
    assert not changed.ended

    await subscriptions.update_async(subscription_id, {"cancel_at_period_end": False})
    await till.settle()
    assert (await till.events(SubscriptionChanged))[-1].ends_at is None

    at = till.clock.now() + timedelta(days=10)
    await subscriptions.update_async(
        subscription_id, {"cancel_at": int(at.timestamp()), "proration_behavior": "none"}
    )
    await till.settle()
    assert (await till.events(SubscriptionChanged))[-1].ends_at == at
    await till.advance(days=11)
    last = (await till.events(SubscriptionChanged))[-1]
    assert (last.ended, last.ends_at) == (True, at)


async def test_payments_of_a_membership_can_be_read(till: Till) -> None:
    purchase = await till.subscribe(FAILS_LATER)
    await till.advance(days=31)
    shown = (await till.get(f"/memberships/{purchase.membership_id}", "reader")).json()
    assert shown["owed"] == {"amount": 2990, "currency": "EUR"}
    assert shown["subscription"]["status"] == "past_due"
    assert [claim["status"] for claim in shown["claims"]] == ["paid", "failed"]
    assert [payment["amount"]["amount"] for payment in shown["payments"]] == [2990]
    hidden = await till.get(f"/memberships/{purchase.membership_id}", "stranger")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
