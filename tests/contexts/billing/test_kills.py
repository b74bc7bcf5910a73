"""A process that dies between any two steps of what it does by itself: fees, refunds, the desk's
cycle. Whoever takes it up again comes to one charge, one refund, one claim.

The webhooks' way and the alignment of collection are in `test_apply_webhook` and `test_collection`,
a page for a first payment in `test_checkout`, whole processes in `e2e/test_kills`.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from contexts.billing.disturbed import Cut, CutAt, Disturbed, MortalRuntime
from contexts.billing.test_desk import claims, joined
from contexts.billing.test_fees import FEE, freeze_fee
from contexts.billing.till import Till
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.timers import TimerRunner
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.usecases.charge_fee import charge_claim
from gymhopper.contexts.billing.usecases.issue_refund import issue_refund
from gymhopper.contracts.billing.events import FeePaid, PaymentRefunded


async def die_everywhere(till: Till, work: Any) -> int:
    """Do it again and again, dying one step later each time, until it comes through; how often."""
    step = 0
    while True:
        cut = CutAt(step)
        runtime: Any = MortalRuntime(till.runtime, cut)
        provider: Any = Disturbed(till.provider, before=cut, after=cut)
        with suppress(Cut):
            await work(runtime, provider)
        if not cut.reached:
            return step
        step += 1


async def test_a_fee_is_charged_once_wherever_charging_it_dies(till: Till) -> None:
    purchase = await till.subscribe()
    fee = freeze_fee(purchase)
    async with till.runtime.begin(SERVICE) as uow:
        for handler in billing.subscriptions.handlers[fee.type]:
            await handler(uow, fee, None)  # type: ignore[arg-type] # the envelope is not read
    (claim,) = await till.rows("SELECT id FROM billing.claim WHERE kind = 'fee'")
    steps = await die_everywhere(
        till, lambda runtime, provider: charge_claim(runtime, provider, claim["id"])
    )
    assert steps >= 6
    await till.settle()
    charged = (await till.stripe.v1.charges.list_async()).data
    assert sorted(each.amount for each in charged) == [FEE.amount, 2990]
    assert len(await till.events(FeePaid)) == 1
    assert await till.broken() == []


async def test_money_goes_back_once_wherever_giving_it_back_dies(till: Till) -> None:
    purchase = await till.subscribe()
    (claim,) = await claims(till, purchase)
    asked = await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": 1000})
    refund_id = UUID(asked.json()["refund_id"])
    steps = await die_everywhere(
        till, lambda runtime, provider: issue_refund(runtime, provider, refund_id)
    )
    assert steps >= 4
    await till.settle()
    assert [each.amount for each in (await till.stripe.v1.refunds.list_async()).data] == [1000]
    assert len(await till.events(PaymentRefunded)) == 1
    assert await till.broken() == []


async def test_at_the_desk_a_period_is_asked_for_once_wherever_its_timer_dies(till: Till) -> None:
    purchase = await joined(till)
    till.clock.advance(timedelta(days=26))

    async def ring(runtime: Any, _: Any) -> None:
        await TimerRunner(runtime, [billing.timers]).run_due()

    assert await die_everywhere(till, ring) >= 2
    assert [each["status"] for each in await claims(till, purchase)] == ["paid", "open"]
    till.clock.advance(timedelta(days=6))
    await die_everywhere(till, ring)
    assert [each["status"] for each in await claims(till, purchase)] == ["paid", "failed"]
    assert await till.broken() == []
