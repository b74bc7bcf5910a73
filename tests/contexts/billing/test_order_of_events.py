"""Whatever the order, number and delay of a subscription's webhooks, the end is the same."""

import random
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from contexts.billing.recording import Life, record_life
from contexts.billing.samples import MONTHLY
from contexts.billing.till import FAILS_LATER, Till
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.usecases.take_over import take_over
from gymhopper.contracts.billing.events import (
    DebtChanged,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    SubscriptionChanged,
)
from gymhopper.kernel.ids import new_id
from gymhopper.sandbox.stripe.webhooks.delivery import Unruliness, WebhookDelivery


@dataclass(frozen=True)
class Delivery:
    """One job: its fence, the step after which it fetched, and when it was applied."""

    subject: Subject
    fenced: float
    fetched: int
    applied: float


class Fate:
    """Decides when each webhook comes, by a seed: whatever fails can be seen again."""

    def __init__(self, life: Life, seed: int) -> None:
        self.seed = seed
        self._life = life
        self._choose = random.Random(seed)
        self.last = self._choose.randrange(len(life.steps))
        """The life is told up to this step."""

        self.planned = [
            self._delivery(number, subject)
            for number, step in enumerate(life.steps[: self.last + 1])
            for subject in step.sent
            for _ in range(self._choose.choice([1, 1, 2]))
        ]
        """Every webhook so far, once or twice, each late as it pleases."""

    def _delivery(self, number: int, subject: Subject) -> Delivery:
        # Within a step the order is open: fractions decide.
        fenced = self._between(number, self.last + 0.9)
        fetched = self._choose.choice(
            [int(fenced), self.last, self._choose.randint(int(fenced), self.last)]
        )
        return Delivery(
            subject, fenced, fetched, self._between(max(fenced, fetched), self.last + 1)
        )

    def _between(self, low: float, high: float) -> float:
        return self._choose.choice([low, *(self._choose.uniform(low, high) for _ in range(3))])

    def __str__(self) -> str:
        told = (str(each) for each in sorted(self.planned, key=lambda one: one.applied))
        return "\n".join([f"seed {self.seed}, up to step {self.last}", *told])


async def new_dues(till: Till) -> Subscription:
    """Dues and a subscription that wait for their first webhook."""
    account = BillingAccount(id=new_id(), organisation_id=till.organisation, person_id=new_id())
    dues = Dues(
        id=new_id(),
        organisation_id=till.organisation,
        person_id=account.person_id,
        membership_id=new_id(),
        billing_account_id=account.id,
        terms=MONTHLY,
        currency="EUR",
    )
    waiting = Subscription(
        id=new_id(),
        dues_id=dues.id,
        organisation_id=till.organisation,
        person_id=account.person_id,
        provider="stripe",
    )
    async with till.runtime.begin(SERVICE) as uow:
        for each in (account, dues, waiting):
            uow.add(each)
            await uow.flush()
    return waiting


async def replay(till: Till, life: Life, planned: list[Delivery], as_of: UUID) -> None:
    fences = {
        id(each): number
        for number, each in enumerate(sorted(planned, key=lambda one: one.fenced), start=1)
    }
    for each in sorted(planned, key=lambda one: one.applied):
        till.clock.advance(timedelta(seconds=1))
        async with till.runtime.begin(SERVICE) as uow:
            seen = life.seen(each.subject, each.fetched, fence=fences[id(each)], as_of=as_of)
            assert await take_over(uow, seen) is None


async def check(till: Till, life: Life, last: int, ours: Subscription) -> None:
    """The mirror is the provider's object, and each fact was told once."""
    async with till.runtime.begin(SERVICE) as uow:
        mirror = await uow.get(Subscription, ours.id)
        dues = await uow.get(Dues, ours.dues_id)
    final = life.subscription(last, ours.id)
    assert mirror.reflection == final
    told = [each for each in await till.events() if each.membership_id == dues.membership_id]
    invoices = life.invoices(last, ours.id)
    claims = {
        row["provider_invoice_id"]: row
        for row in await till.rows(
            "SELECT * FROM billing.claim WHERE dues_id = :id", id=ours.dues_id
        )
    }
    assert claims.keys() == {each.id for each in invoices}
    paid = [each.claim_id for each in told if isinstance(each, PaymentSucceeded)]
    assert sorted(paid) == sorted(claims[i.id]["id"] for i in invoices if i.status == "paid")
    refunds = [each for each in told if isinstance(each, PaymentRefunded)]
    assert sorted(each.amount.amount for each in refunds) == sorted(
        refund.amount for invoice in invoices for refund in invoice.refunds
    )
    for invoice in invoices:
        row = claims[invoice.id]
        assert row["outstanding"] == invoice.outstanding
        assert row["refunded"] == sum(refund.amount for refund in invoice.refunds)
    failures = [each for each in told if isinstance(each, PaymentFailed)]
    assert len({each.claim_id for each in failures}) == len(failures)
    check_debt(dues, told, [i.outstanding for i in invoices if i.status == "open" and i.attempts])
    ends = [each for each in told if isinstance(each, SubscriptionChanged)]
    assert (
        (ends[-1].ends_at, ends[-1].ended) == (final.ends_at, final.ended)
        if ends
        else (final.ends_at is None)
    )
    assert all(one != other for one, other in pairwise(ends))


def check_debt(dues: Dues, told: list[object], still_owed: list[int]) -> None:
    debts = [each for each in told if isinstance(each, DebtChanged)]
    known = {each.known_at for each in told if isinstance(each, PaymentFailed)}
    assert dues.owed == sum(still_owed)
    assert (dues.overdue_since is None) == (dues.owed == 0)
    if debts:
        assert (debts[-1].owed.amount, debts[-1].overdue_since) == (dues.owed, dues.overdue_since)
    # The clock starts with the first news of a failure, and never anew while that is owed.
    for debt in debts:
        assert (debt.overdue_since in known) == (debt.owed.amount > 0)
    assert all(one != other for one, other in pairwise(debts))


@pytest.fixture
async def life(till: Till) -> Life:
    """Recorded once; every example replays it for dues of its own."""
    recorded = await record_life(till)
    await till.rows("DELETE FROM jobs.procrastinate_jobs RETURNING 1")
    return recorded


async def test_any_order_repetition_and_delay_comes_to_the_same(till: Till, life: Life) -> None:
    await replay_in_orders(till, life, range(25))


@pytest.mark.prove
@pytest.mark.timeout(1200)
async def test_very_many_orders_come_to_the_same(till: Till, life: Life) -> None:
    await replay_in_orders(till, life, range(1000, 1400))


async def replay_in_orders(till: Till, life: Life, seeds: range) -> None:
    """Each order has records of its own; the first that fails is shown whole."""
    assert life.steps[-1].subscription.status == "canceled"
    for seed in seeds:
        fate = Fate(life, seed)
        ours = await new_dues(till)
        try:
            await replay(till, life, fate.planned, ours.id)
            await check(till, life, fate.last, ours)
        except BaseException as error:
            error.add_note(str(fate))
            raise
    assert await till.broken() == []


@pytest.mark.parametrize("seed", [1, 2])
async def test_an_unruly_network_changes_nothing(till: Till, seed: int) -> None:
    worst = Unruliness(duplicate=0.5, shuffle=True, drop_first_try=0.3)
    unruly = WebhookDelivery(till.runtime, worst, seed=seed)
    purchase = till.sell()
    await till.pay(purchase, FAILS_LATER)
    for days in (0, 31, 1, 2):
        await till.advance(unruly, days=days)
    await till.use_card(purchase, "pm_card_visa")
    await till.advance(unruly, days=31)
    subscription_id = await till.subscription_id(purchase)
    await till.stripe.v1.subscriptions.cancel_async(subscription_id)
    await till.settle(unruly)
    await till.advance(unruly, hours=1)
    await unruly.close()
    found = await till.provider.subscription(subscription_id)
    async with till.runtime.begin(SERVICE) as uow:
        (row,) = await till.rows("SELECT id FROM billing.subscription")
        assert (await uow.get(Subscription, row["id"])).reflection == found
    paid = [each.claim_id for each in await till.events(PaymentSucceeded)]
    assert len(paid) == len(set(paid)) == 3
    assert (await till.events(SubscriptionChanged))[-1].ended
