"""Whatever the order, number and delay of a subscription's webhooks, the end is the same."""

from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

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


@st.composite
def deliveries(draw: st.DrawFn, life: Life, last: int) -> list[Delivery]:
    """Every webhook of the life up to that step, once or twice, each late as it pleases."""
    found = []
    for number, step in enumerate(life.steps[: last + 1]):
        for subject in step.sent:
            for _ in range(draw(st.sampled_from([1, 1, 2]))):
                # Within a step the order is open: fractions decide.
                fenced = draw(st.floats(number, last + 0.9))
                fetched = draw(st.integers(int(fenced), last))
                applied = draw(st.floats(max(fenced, fetched), last + 1))
                found.append(Delivery(subject, fenced, fetched, applied))
    return found


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


def examples(count: int) -> settings:
    """An example replays a whole life: shrinking one would take longer than reading it."""
    return settings(
        max_examples=count,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@examples(15)
@given(data=st.data())
async def test_any_order_repetition_and_delay_comes_to_the_same(
    till: Till, life: Life, data: st.DataObject
) -> None:
    await replay_in_some_order(till, life, data)


@pytest.mark.prove
@pytest.mark.timeout(1200)
@examples(300)
@given(data=st.data())
async def test_very_many_orders_come_to_the_same(
    till: Till, life: Life, data: st.DataObject
) -> None:
    await replay_in_some_order(till, life, data)


async def replay_in_some_order(till: Till, life: Life, data: st.DataObject) -> None:
    assert life.steps[-1].subscription.status == "canceled"
    last = data.draw(st.integers(0, len(life.steps) - 1), label="the life up to step")
    planned = data.draw(deliveries(life, last))
    ours = await new_dues(till)
    await replay(till, life, planned, ours.id)
    await check(till, life, last, ours)


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
