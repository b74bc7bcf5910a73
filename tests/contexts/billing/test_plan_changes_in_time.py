"""A change of plan beside what moves time: a freeze, and the night in which clocks change."""

from datetime import UTC, date, datetime

from contexts.billing import contract
from contexts.billing.test_desk import joined, reach
from contexts.billing.test_plan_changes import Change, amounts, sound
from contexts.billing.till import Till
from gymhopper.contracts.billing.events import PaymentSucceeded, PlanChangeCollected
from gymhopper.kernel.calendar import start_of_day

VIENNA = "Europe/Vienna"


async def test_by_card_a_change_over_the_night_of_summer_time_is_charged_as_shown(
    till: Till,
) -> None:
    """A provider counts seconds in UTC: an hour that is left out in Vienna is none of them."""
    purchase = await till.subscribe()
    (paid,) = await till.events(PaymentSucceeded)
    await reach(till, datetime(2026, 3, 28, 23, 30, tzinfo=UTC))
    change = Change(till, purchase)
    shown = await change.quote()
    await reach(till, datetime(2026, 3, 29, 1, 10, tzinfo=UTC))
    late = await change.quote()
    assert late.charged < shown.charged
    await change.now(late)
    assert await amounts(till, purchase) == [2990, late.charged.amount]
    left, whole = paid.until - late.priced_at, paid.until - paid.start
    assert abs(late.charged.amount - 2000 * (left / whole)) <= 1
    (event,) = await till.events(PlanChangeCollected)
    assert event.period_until == paid.until
    await change.in_force()
    await reach(till, paid.until)
    await till.advance(hours=2)
    assert await amounts(till, purchase) == [2990, late.charged.amount, 4990]
    await sound(till)


async def test_by_card_a_change_after_a_freeze_gives_back_what_was_paid_for_the_rest(
    till: Till,
) -> None:
    purchase = await till.subscribe()
    rest = contract.freeze(
        start_of_day(date(2026, 3, 20), VIENNA), start_of_day(date(2026, 4, 10), VIENNA)
    )
    await till.hear(contract.overlaid(purchase, rest))
    for day in (date(2026, 3, 20), date(2026, 4, 5), date(2026, 4, 10)):
        await reach(till, start_of_day(day, VIENNA))
    # What fell due in the freeze was asked for without its 8 frozen days.
    assert await amounts(till, purchase) == [2990, 2193]
    await reach(till, start_of_day(date(2026, 4, 17), VIENNA))
    change = Change(till, purchase)
    shown = await change.now()
    # Both plans for what is left of the period that began in the freeze.
    assert [line.amount for line in shown.lines] == [-1541, 2571]
    assert await amounts(till, purchase) == [2990, 2193, shown.charged.amount]
    await change.in_force()
    await reach(till, start_of_day(date(2026, 5, 3), VIENNA))
    assert await amounts(till, purchase) == [2990, 2193, shown.charged.amount, 4990]
    await sound(till)


async def test_at_the_desk_frozen_days_cost_nothing_in_either_plan(till: Till) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    rest = contract.freeze(
        start_of_day(date(2026, 3, 20), VIENNA), start_of_day(date(2026, 3, 25), VIENNA)
    )
    await till.hear(contract.overlaid(purchase, rest))
    await reach(till, start_of_day(date(2026, 3, 12), VIENNA))
    shown = await Change(till, purchase).now()
    # 21 of the 31 days are left, and 5 of those are frozen.
    assert [line.amount for line in shown.lines] == [-1543, 2575]
    assert await amounts(till, purchase) == [2990, 1032]
    assert await till.broken() == []
