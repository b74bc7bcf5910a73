"""A process that dies between any two steps of what it does by itself: fees, refunds, changes of
plan, credit, debts that are given up, the desk's cycle. Whoever takes it up again comes to one
charge, one refund, one claim.

The webhooks' way and the alignment of collection are in `test_apply_webhook` and `test_collection`,
a page for a first payment in `test_checkout`, cards and their retries in `test_card_changes`, whole
processes in `e2e/test_kills`.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.billing import contract
from contexts.billing.disturbed import Cut, CutAt, Disturbed, MortalRuntime
from contexts.billing.test_credit import account, at_stripe, left
from contexts.billing.test_desk import claims, joined
from contexts.billing.test_fees import FEE, freeze_fee
from contexts.billing.test_plan_changes import Change, amounts
from contexts.billing.test_write_off import in_debt
from contexts.billing.till import FAILS_LATER, GOOD, Till
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.timers import TimerRunner
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.usecases.change_plan import change_at_provider
from gymhopper.contexts.billing.usecases.charge_fee import charge_claim
from gymhopper.contexts.billing.usecases.issue_refund import issue_refund
from gymhopper.contexts.billing.usecases.place_credit import place_credit
from gymhopper.contexts.billing.usecases.write_off_claim import give_up_claim
from gymhopper.contracts.billing.events import (
    DebtChanged,
    FeePaid,
    PaymentRefunded,
    PlanChangeCollected,
    PlanChangeDeclined,
)
from gymhopper.contracts.event import Event
from gymhopper.contracts.membership.events import MembershipPlanChangeRequested


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


async def only_hear(till: Till, event: Event) -> None:
    """What follows from it waits."""
    async with till.runtime.begin(SERVICE) as uow:
        for handler in billing.subscriptions.handlers[event.type]:
            await handler(uow, event, None)  # type: ignore[arg-type] # the envelope is not read


async def test_a_fee_is_charged_once_wherever_charging_it_dies(till: Till) -> None:
    purchase = await till.subscribe()
    await only_hear(till, freeze_fee(purchase))
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


@pytest.mark.parametrize("card", [GOOD, FAILS_LATER], ids=["paid", "refused"])
async def test_a_plan_is_changed_once_or_not_at_all_wherever_it_dies(till: Till, card: str) -> None:
    purchase = await till.subscribe(card)
    await till.advance(days=10)
    change = Change(till, purchase)
    shown = await change.quote()
    asked = MembershipPlanChangeRequested(
        membership=contract.state(purchase),
        change_id=change.id,
        terms=change.terms,
        priced_at=shown.priced_at,
        charged=shown.charged,
    )
    await only_hear(till, asked)
    (dues,) = await till.rows("SELECT id FROM billing.dues")
    steps = await die_everywhere(
        till, lambda runtime, provider: change_at_provider(runtime, provider, dues["id"])
    )
    assert steps >= 6
    await till.settle()
    collected = len(await till.events(PlanChangeCollected))
    declined = [each.reason for each in await till.events(PlanChangeDeclined)]
    charges = (await till.stripe.v1.charges.list_async()).data
    taken = sorted(each.amount for each in charges if each.status == "succeeded")
    if card == GOOD:
        assert (collected, declined) == (1, [])
        assert (
            taken == sorted(await amounts(till, purchase)) == sorted([2990, shown.charged.amount])
        )
    else:
        assert (collected, declined) == (0, ["card_refused"])
        assert taken == await amounts(till, purchase) == [2990]
    assert await till.broken() == []


async def test_credit_lies_with_the_provider_once_wherever_placing_it_dies(till: Till) -> None:
    purchase = await till.subscribe()
    path = f"/billing-accounts/{await account(till, purchase)}/credit"
    body = {"amount": {"amount": 1000, "currency": "EUR"}, "reason": "Closed"}
    assert (await till.post(path, body)).status_code == 201
    (credit,) = await till.rows("SELECT id FROM billing.credit")
    steps = await die_everywhere(
        till, lambda runtime, provider: place_credit(runtime, provider, credit["id"])
    )
    assert steps >= 4
    await till.settle()
    assert await at_stripe(till, purchase) == 1000
    assert await left(till, purchase) == (1000, 1000)
    await till.advance(days=31)
    assert await left(till, purchase) == (0, 0)
    charged = (await till.stripe.v1.charges.list_async()).data
    assert sorted(each.amount for each in charged) == [1990, 2990]
    assert await till.broken() == []


async def test_a_debt_is_given_up_once_wherever_telling_the_provider_dies(till: Till) -> None:
    purchase, claim = await in_debt(till, "card")
    path = f"/claims/{claim['claim_id']}/write-off"
    assert (await till.post(path, {"reason": "Moved away"})).status_code == 200
    claim_id = UUID(claim["claim_id"])
    steps = await die_everywhere(
        till, lambda runtime, provider: give_up_claim(runtime, provider, claim_id)
    )
    assert steps >= 6
    await till.settle()
    (given_up,) = (await till.stripe.v1.invoices.list_async({"status": "uncollectible"})).data
    assert given_up.amount_remaining == 2990
    assert (await claims(till, purchase))[1]["status"] == "written_off"
    assert (await till.balances())["bad_debt"] == 2990
    assert [each.owed.amount for each in await till.events(DebtChanged)] == [2990, 0]
    assert await till.broken() == []
