"""Whether a membership can become another plan is said before anybody agrees to it."""

from datetime import date, datetime, timedelta

from contexts.billing import contract
from contexts.billing.test_desk import begin, claims, joined, reach, receive
from contexts.billing.test_kills import only_hear
from contexts.billing.test_plan_changes import Change, plan
from contexts.billing.till import FAILS_LATER, Till
from gymhopper.contracts.billing.events import PaymentSucceeded
from gymhopper.kernel.money import Money


async def test_where_the_contract_is_over_nothing_is_changed_before_the_provider_knows(
    till: Till,
) -> None:
    purchase = await till.subscribe()
    assert (await Change(till, purchase).quote()).refusal is None
    await only_hear(till, contract.is_over(purchase))
    assert (await Change(till, purchase).quote()).refusal == "not_collected"


async def test_whoever_does_not_pay_changes_no_plan(till: Till) -> None:
    purchase = await till.subscribe(FAILS_LATER)
    await till.advance(days=32)
    assert (await Change(till, purchase).quote()).refusal == "not_collected"


async def test_a_card_is_charged_for_the_present_period_alone(till: Till) -> None:
    purchase = await till.subscribe()
    (paid,) = await till.events(PaymentSucceeded)
    for at in (paid.start - timedelta(days=1), paid.until + timedelta(days=1)):
        assert (await Change(till, purchase).quote(at)).refusal == "out_of_period"


async def test_a_plan_that_has_not_begun_is_not_changed_at_once(till: Till) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 20))
    assert (await Change(till, purchase).quote()).refusal == "out_of_period"


async def test_one_change_at_a_time_is_to_come(till: Till) -> None:
    purchase, first = await begin(till)
    await receive(till, first["claim_id"])
    ends = datetime.fromisoformat(first["until"])
    change = Change(till, purchase)
    await change.later(ends)
    assert (await Change(till, purchase).quote()).refusal == "not_collected"
    await change.undo()
    assert (await Change(till, purchase).quote()).refusal is None


async def test_at_the_desk_later_periods_may_be_of_any_length_and_asked_for_anew_again(
    till: Till,
) -> None:
    purchase, first = await begin(till)
    await receive(till, first["claim_id"])
    ends = datetime.fromisoformat(first["until"])
    await reach(till, ends - timedelta(days=3))
    change = Change(till, purchase)
    await change.later(ends)
    await till.advance(seconds=1)
    await change.undo()
    await till.advance(seconds=1)
    assert "void" in {each["status"] for each in await claims(till, purchase)}
    weekly = await Change(till, purchase, plan(900, interval="week")).quote(ends, at_once=False)
    assert (weekly.refusal, weekly.each_period) == (None, Money(900, "EUR"))
