"""A cheaper plan at once at the desk: what is left over of the dearer one becomes credit."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from contexts.billing import contract
from contexts.billing.test_credit import grant, left, moved
from contexts.billing.test_desk import claims, joined, reach, receive
from contexts.billing.test_kills import die_everywhere, only_hear
from contexts.billing.test_plan_changes import Change, amounts, lines, plan, sound
from contexts.billing.test_time_given_back import given_back
from contexts.billing.till import Till
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contracts.billing.events import (
    DebtChanged,
    PlanChangeCollected,
    PlanChangeDeclined,
)
from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.events import MembershipPlanChangeRequested
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.money import Money

VIENNA = "Europe/Vienna"
LIGHT = plan(1990, "Light")


async def paid_in_march(till: Till) -> Purchase:
    """2990 from the 2nd of March on; it is the 12th, and 21 of 31 days are left."""
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    await reach(till, start_of_day(date(2026, 3, 12), VIENNA))
    return purchase


async def asked(change: Change) -> MembershipPlanChangeRequested:
    """What membership tells when somebody agreed to what is shown."""
    shown = await change.quote()
    return MembershipPlanChangeRequested(
        membership=contract.state(change.purchase),
        change_id=change.id,
        terms=change.terms,
        priced_at=shown.priced_at,
        charged=shown.charged,
    )


async def test_the_rest_of_the_dearer_plan_pays_for_the_cheaper_one_and_is_credit(
    till: Till,
) -> None:
    purchase = await paid_in_march(till)
    change = Change(till, purchase, LIGHT)
    shown = await change.now()
    assert [line.amount for line in shown.lines] == [-2025, 1348]
    assert shown.charged == Money(-677, "EUR")
    assert await moved(till, purchase) == [("granted", 2025), ("used", -1348)]
    assert await left(till, purchase) == (677, 0)
    about = await till.rows("SELECT DISTINCT membership_id FROM billing.credit_movement")
    assert about == [{"membership_id": purchase.membership_id}]
    first, second = await claims(till, purchase)
    assert (second["status"], second["until"]) == ("paid", first["until"])
    assert await lines(till, purchase) == [("Light", 1348)]
    (event,) = await till.events(PlanChangeCollected)
    assert (event.change_id, event.period_until) == (
        change.id,
        datetime.fromisoformat(first["until"]),
    )
    await sound(till)
    await change.in_force()
    await reach(till, start_of_day(date(2026, 3, 26), VIENNA))
    third = (await claims(till, purchase))[-1]
    assert (third["amount"]["amount"], third["outstanding"]["amount"]) == (1990, 1990 - 677)
    assert await till.events(DebtChanged) == []
    assert await till.broken() == []


async def test_a_plan_that_costs_the_same_leaves_nothing_over_and_asks_for_nothing(
    till: Till,
) -> None:
    purchase = await paid_in_march(till)
    shown = await Change(till, purchase, plan(2990, "Other")).now()
    assert shown.charged == Money(0, "EUR")
    assert len(await till.events(PlanChangeCollected)) == 1
    assert await moved(till, purchase) == []
    assert await amounts(till, purchase) == [2990]


async def test_the_same_change_told_again_gives_nothing_twice(till: Till) -> None:
    purchase = await paid_in_march(till)
    change = Change(till, purchase, LIGHT)
    shown = await change.now()
    await change.now(shown)
    assert await moved(till, purchase) == [("granted", 2025), ("used", -1348)]
    assert await amounts(till, purchase) == [2990, 1348]
    assert await till.events(PlanChangeDeclined) == []


async def test_wherever_the_change_dies_it_is_made_once_and_whole(till: Till) -> None:
    purchase = await paid_in_march(till)
    event = await asked(Change(till, purchase, LIGHT))
    handlers = billing.subscriptions.handlers[event.type]

    async def work(runtime: Runtime, _: object) -> None:
        async with runtime.begin(SERVICE) as uow:
            for handler in handlers:
                await handler(uow, event, None)  # type: ignore[arg-type] # the envelope is not read

    assert await die_everywhere(till, work) == 2
    await till.settle()
    assert await moved(till, purchase) == [("granted", 2025), ("used", -1348)]
    assert await amounts(till, purchase) == [2990, 1348]
    assert len(await till.events(PlanChangeCollected)) == 1
    await sound(till)


async def test_two_who_bring_the_same_change_at_once_make_it_once(till: Till) -> None:
    purchase = await paid_in_march(till)
    event = await asked(Change(till, purchase, LIGHT))
    await asyncio.gather(*(only_hear(till, event) for _ in range(3)))
    await till.settle()
    assert await moved(till, purchase) == [("granted", 2025), ("used", -1348)]
    assert await amounts(till, purchase) == [2990, 1348]
    await sound(till)


async def test_another_amount_than_was_shown_changes_nothing(till: Till) -> None:
    purchase = await paid_in_march(till)
    shown = await Change(till, purchase, plan(990, "Lighter")).quote()
    await Change(till, purchase, LIGHT).now(shown)
    assert (await till.events(PlanChangeDeclined))[-1].reason == "price_changed"
    assert await moved(till, purchase) == []
    assert await amounts(till, purchase) == [2990]


async def test_a_plan_for_a_shorter_period_begins_anew_and_the_rest_is_credit(till: Till) -> None:
    purchase = await paid_in_march(till)
    shown = await Change(till, purchase, plan(900, "Weekly", interval="week")).now()
    assert [line.amount for line in shown.lines] == [-2025, 900]
    assert await left(till, purchase) == (1125, 0)
    # The week that begins within seven days is asked for at once, and paid out of it, too.
    await reach(till, start_of_day(date(2026, 3, 19), VIENNA))
    assert await amounts(till, purchase) == [2990, 900, 900, 900]
    assert await till.broken() == []


async def test_down_and_down_again_and_up_comes_to_what_each_day_cost(till: Till) -> None:
    purchase = await paid_in_march(till)
    await Change(till, purchase, LIGHT).now()
    await reach(till, start_of_day(date(2026, 3, 22), VIENNA))
    lower = await Change(till, purchase, plan(990, "Lighter")).now()
    # 11 days are left.
    assert [line.amount for line in lower.lines] == [-706, 351]
    assert await left(till, purchase) == (677 + 355, 0)
    up = await Change(till, purchase, plan(2990, "Basic")).now()
    assert [line.amount for line in up.lines] == [-351, 1061]
    assert await left(till, purchase) == (677 + 355 - 710, 0)
    await sound(till)


async def test_what_was_asked_for_ahead_and_not_paid_is_asked_for_anew(till: Till) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    await reach(till, start_of_day(date(2026, 3, 30), VIENNA))
    assert await amounts(till, purchase) == [2990, 2990]
    shown = await Change(till, purchase, LIGHT).now()
    assert [line.amount for line in shown.lines] == [-289, 193]
    await till.advance(seconds=1)
    assert await amounts(till, purchase) == [2990, 193, 1990]
    assert (await claims(till, purchase))[-1]["outstanding"]["amount"] == 1990 - 96
    assert await till.broken() == []


async def test_what_was_paid_ahead_is_left_over_as_well(till: Till) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    await reach(till, start_of_day(date(2026, 3, 30), VIENNA))
    await receive(till, (await claims(till, purchase))[-1]["claim_id"])
    shown = await Change(till, purchase, LIGHT).now()
    assert [line.amount for line in shown.lines] == [-289, 193, -2990, 1990]
    assert await left(till, purchase) == (96 + 1000, 0)
    await sound(till)


@pytest.mark.parametrize("received", [None, 1000])
async def test_only_what_was_paid_can_be_left_over(till: Till, received: int | None) -> None:
    purchase = await paid_in_march(till)
    await Change(till, purchase).now()
    if received is not None:
        await receive(till, (await claims(till, purchase))[-1]["claim_id"], received)
    assert (await Change(till, purchase, LIGHT).quote()).refusal == "left_over"
    await receive(till, (await claims(till, purchase))[-1]["claim_id"], 1355 - (received or 0))
    shown = await Change(till, purchase, LIGHT).now()
    assert [line.amount for line in shown.lines] == [-3380, 1348]
    assert await left(till, purchase) == (3380 - 1348, 0)
    await sound(till)


async def test_what_went_back_is_not_left_over(till: Till) -> None:
    purchase = await paid_in_march(till)
    change = Change(till, purchase, LIGHT)
    shown = await change.quote()
    (claim,) = await claims(till, purchase)
    answer = await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": 1})
    assert answer.status_code < 300, answer.text
    await till.settle()
    assert (await change.quote()).refusal == "left_over"
    await change.now(shown)
    assert (await till.events(PlanChangeDeclined))[-1].reason == "left_over"
    assert await moved(till, purchase) == []


async def test_no_day_is_left_over_and_given_back_for_a_closed_door(till: Till) -> None:
    purchase = await paid_in_march(till)
    await Change(till, purchase, LIGHT).now()
    await till.hear(given_back(purchase, datetime(2026, 3, 20, 10, tzinfo=UTC), 3))
    # Three days of what is paid now: 1348 for 21 days.
    assert (await moved(till, purchase))[2:] == [("granted", 193)]
    assert await till.broken() == []


async def test_a_day_that_was_given_back_is_not_left_over_again(till: Till) -> None:
    purchase = await paid_in_march(till)
    await till.hear(given_back(purchase, datetime(2026, 3, 20, 10, tzinfo=UTC), 3))
    assert (await Change(till, purchase, LIGHT).quote()).refusal == "left_over"


async def test_days_that_will_be_frozen_are_given_back_for_the_freeze_alone(till: Till) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    rest = contract.freeze(
        start_of_day(date(2026, 3, 20), VIENNA), start_of_day(date(2026, 3, 25), VIENNA)
    )
    await till.hear(contract.overlaid(purchase, rest))
    await reach(till, start_of_day(date(2026, 3, 12), VIENNA))
    shown = await Change(till, purchase, LIGHT).now()
    assert [line.amount for line in shown.lines] == [-1543, 1027]
    await till.hear(given_back(purchase, datetime(2026, 3, 20, 10, tzinfo=UTC), 5, "freeze"))
    # Five of the 31 days at what was paid for them, and nothing of the new plan.
    assert (await moved(till, purchase))[2:] == [("granted", 482)]
    assert await till.broken() == []


async def test_a_dearer_plan_costs_nothing_for_days_that_will_be_frozen(till: Till) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    start, until = (start_of_day(date(2026, 3, day), VIENNA) for day in (20, 25))
    await till.hear(contract.overlaid(purchase, contract.freeze(start, until)))
    await reach(till, start_of_day(date(2026, 3, 12), VIENNA))
    shown = await Change(till, purchase).now()
    # 16 of 31 days.
    assert [line.amount for line in shown.lines] == [-1543, 2575]
    assert await amounts(till, purchase) == [2990, 2575 - 1543]


async def test_a_period_that_became_credit_is_not_returned_to_it_when_the_contract_ends(
    till: Till,
) -> None:
    purchase = await paid_in_march(till)
    await grant(till, purchase, 2990)
    await reach(till, start_of_day(date(2026, 3, 27), VIENNA))
    assert await amounts(till, purchase) == [2990, 2990]
    assert await left(till, purchase) == (0, 0)
    shown = await Change(till, purchase, LIGHT).now()
    assert await left(till, purchase) == (-shown.charged.amount, 0)
    await till.hear(contract.is_over(purchase))
    assert await left(till, purchase) == (-shown.charged.amount, 0)
    await sound(till)
