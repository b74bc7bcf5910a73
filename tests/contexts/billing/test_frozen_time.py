"""Time in which billing rests costs nothing, whoever collects: not more, and not less."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contexts.billing import contract
from contexts.billing.disturbed import Cut, CutAt, Disturbed, MortalRuntime
from contexts.billing.test_credit import moved
from contexts.billing.test_desk import VIENNA, claims, joined, reach
from contexts.billing.test_fixed_terms import TERM, activated, frozen
from contexts.billing.test_once import PACK
from contexts.billing.test_plan_changes import amounts, lines, sound
from contexts.billing.test_promo_codes import promo
from contexts.billing.test_reconcile import compare
from contexts.billing.test_time_given_back import given_back
from contexts.billing.till import Till
from gymhopper.contexts.billing.usecases.align_collection import align_collection
from gymhopper.contracts.billing.events import DebtChanged, PaymentSucceeded
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.money import Money
from gymhopper.sandbox.stripe.billing.clock import BillingClock
from gymhopper.sandbox.stripe.billing.renewal import Recovery


def day(month: int, number: int) -> datetime:
    return start_of_day(date(2026, month, number), VIENNA)


async def rests(
    till: Till, purchase: Purchase, start: datetime, until: datetime | None = None, **more: Any
) -> None:
    """It is frozen then, which is known beforehand."""
    await till.hear(contract.overlaid(purchase, contract.freeze(start, until, **more)))


async def subscribed(till: Till, gateway: str, **changes: Any) -> Purchase:
    """A month from 2 March on is paid for."""
    if gateway == "card":
        return await till.subscribe(starts_on=date(2026, 3, 2), **changes)
    return await joined(till, starts_on=date(2026, 3, 2), **changes)


async def pass_by(till: Till, *days: datetime) -> None:
    for each in days:
        await reach(till, each)


GATEWAYS = pytest.mark.parametrize("gateway", ["card", "desk"])


async def test_a_quarter_that_begins_in_a_freeze_costs_what_is_left_of_it(till: Till) -> None:
    """The bug by name: a freeze over the day of renewal made the whole quarter free, and the door
    closed on somebody who owed nothing."""
    purchase = await till.subscribe(interval_count=3, price=Money(7990, "EUR"))
    await rests(till, purchase, day(5, 25), day(6, 13))
    await pass_by(till, day(5, 25), day(6, 5))
    assert await amounts(till, purchase) == [7990]
    await pass_by(till, day(6, 13))
    # 11 of the 92 days are frozen.
    assert await lines(till, purchase) == [("Basic", 7990), ("Basic: 11 days frozen", -955)]
    assert await amounts(till, purchase) == [7990, 7035]
    paid = (await till.events(PaymentSucceeded))[-1]
    assert (paid.amount, paid.until) == (Money(7035, "EUR"), datetime(2026, 9, 2, 9, tzinfo=UTC))
    # The 8 frozen days before were paid for in March already; the 11 are not given back as well.
    await till.hear(contract.overlaid(purchase))
    assert await moved(till, purchase) == [("granted", 695), ("used", -695)]
    await sound(till)


@GATEWAYS
async def test_frozen_days_that_were_paid_for_are_credit_once_the_freeze_is_over(
    till: Till, gateway: str
) -> None:
    purchase = await subscribed(till, gateway)
    await rests(till, purchase, day(3, 10), day(3, 20))
    await pass_by(till, day(3, 10), day(3, 19))
    assert await moved(till, purchase) == []
    await pass_by(till, day(3, 20))
    # 10 of 31 days.
    assert await moved(till, purchase) == [("granted", 965)]
    await till.hear(contract.overlaid(purchase))
    assert await moved(till, purchase) == [("granted", 965)]
    await pass_by(till, day(4, 3))
    assert await amounts(till, purchase) == [2990, 2990]
    assert await moved(till, purchase) == [("granted", 965), ("used", -965)]
    assert await till.broken() == []


@GATEWAYS
async def test_of_a_freeze_that_ended_early_only_the_frozen_days_are_given_back(
    till: Till, gateway: str
) -> None:
    purchase = await subscribed(till, gateway)
    await rests(till, purchase, day(3, 10))
    await pass_by(till, day(3, 10), day(3, 13))
    await rests(till, purchase, day(3, 10), day(3, 13))
    assert await moved(till, purchase) == [("granted", 289)]


@GATEWAYS
async def test_a_freeze_that_goes_on_paying_gives_nothing_back(till: Till, gateway: str) -> None:
    purchase = await subscribed(till, gateway)
    await rests(till, purchase, day(3, 10), day(3, 20), stops_billing=False)
    await pass_by(till, day(3, 10), day(3, 20), day(4, 3))
    assert await amounts(till, purchase) == [2990, 2990]
    assert await moved(till, purchase) == []


async def test_a_pack_rests_with_its_end_moved_and_gives_nothing_back(till: Till) -> None:
    purchase = await joined(till, **PACK)
    await rests(till, purchase, day(3, 10), day(3, 20), extends_term=True)
    await pass_by(till, day(3, 10), day(3, 20))
    await till.hear(given_back(purchase, day(3, 5), 5, "freeze"))
    assert await moved(till, purchase) == []


@GATEWAYS
async def test_a_contract_that_ends_frozen_gives_back_what_was_frozen_until_then(
    till: Till, gateway: str
) -> None:
    purchase = await subscribed(till, gateway)
    await rests(till, purchase, day(3, 10))
    await pass_by(till, day(3, 10), day(3, 15))
    await till.hear(contract.is_over(purchase))
    assert await moved(till, purchase) == [("granted", 482)]
    await till.advance(days=40)
    assert await moved(till, purchase) == [("granted", 482)]
    assert await amounts(till, purchase) == [2990]


async def test_months_that_are_frozen_as_a_whole_cost_nothing(till: Till) -> None:
    purchase = await till.subscribe()
    await rests(till, purchase, day(3, 30))
    await pass_by(till, day(3, 30), day(4, 10), day(5, 10), day(6, 10))
    assert await amounts(till, purchase) == [2990]
    await rests(till, purchase, day(3, 30), day(6, 12))
    await pass_by(till, day(6, 12))
    # Of June's 30 days 20 are left.
    assert await amounts(till, purchase) == [2990, 0, 0, 1993]
    assert {each["status"] for each in await claims(till, purchase)} == {"paid"}
    # Where nothing is to be paid there is no invoice.
    (numbers,) = await till.rows("SELECT count(*) AS n FROM billing.document")
    assert numbers["n"] == 2
    await sound(till)


@pytest.mark.parametrize("comes", [True, False])
async def test_a_second_freeze_is_only_taken_off_once_it_came(till: Till, comes: bool) -> None:
    purchase = await till.subscribe()
    first, second = contract.freeze(day(4, 1), day(4, 12)), contract.freeze(day(4, 20), day(4, 26))
    await till.hear(contract.overlaid(purchase, first, second))
    await pass_by(till, day(4, 1), day(4, 3), day(4, 12))
    assert await amounts(till, purchase) == [2990, 1993]
    if not comes:
        await till.hear(contract.overlaid(purchase))
    await pass_by(till, day(4, 20), day(4, 26))
    # A day of March, and 6 of the 20 that were paid for.
    given = [amount for kind, amount in await moved(till, purchase) if kind == "granted"]
    assert given == ([96, 598] if comes else [96])
    await sound(till)


async def test_days_beyond_an_end_that_was_set_meanwhile_are_not_asked_for(till: Till) -> None:
    purchase = await till.subscribe()
    await rests(till, purchase, day(4, 1), day(4, 12))
    await pass_by(till, day(4, 1), day(4, 3))
    await till.hear(contract.ends(purchase, day(4, 20)))
    await pass_by(till, day(4, 12))
    # 12 to 19 April.
    assert await amounts(till, purchase) == [2990, 797]
    await sound(till)


async def test_days_are_taken_off_what_a_promo_code_left(till: Till) -> None:
    purchase = await till.subscribe(discount=promo(), starts_on=date(2026, 3, 2))
    await rests(till, purchase, day(4, 1), day(4, 12))
    await pass_by(till, day(4, 1), day(4, 3), day(4, 12))
    # 20 of 30 days of 23.92.
    assert await amounts(till, purchase) == [2392, 1595]
    await sound(till)


async def test_a_card_that_is_declined_after_a_freeze_owes_the_rest(till: Till) -> None:
    purchase = await till.subscribe()
    await rests(till, purchase, day(4, 1), day(4, 12))
    await pass_by(till, day(4, 1), day(4, 3))
    await till.use_card(purchase, "pm_card_chargeCustomerFail")
    await pass_by(till, day(4, 12))
    (debt,) = await till.events(DebtChanged)
    # 20 of 30 days, and 1 of March's is given back, which paid a part of it.
    assert debt.owed == Money(1993 - 96, "EUR")
    await till.use_card(purchase, "pm_card_visa")
    await till.advance(days=8)
    assert (await till.events(DebtChanged))[-1].owed == Money(0, "EUR")
    assert await amounts(till, purchase) == [2990, 1993]
    await sound(till)


async def test_what_falls_due_before_the_provider_heard_of_a_freezes_end_is_paid_in_full(
    till: Till,
) -> None:
    purchase = await till.subscribe()
    await rests(till, purchase, day(3, 20), day(3, 31))
    await pass_by(till, day(3, 20))
    till.clock.advance(timedelta(days=15))
    await BillingClock(till.runtime, till.recovery).run_due()
    await till.advance(hours=1)
    assert await amounts(till, purchase) == [2990, 2990]
    await sound(till)


async def test_what_was_held_back_and_forgotten_is_found_by_comparing(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = await till.subscribe()
    await rests(till, purchase, day(4, 1), day(4, 12))
    await pass_by(till, day(4, 1), day(4, 3))

    async def nothing(_: str) -> tuple[()]:
        return ()

    with monkeypatch.context() as forgetful:
        forgetful.setattr(till.provider, "held_back", nothing)
        await pass_by(till, day(4, 12), day(4, 13))
    assert await amounts(till, purchase) == [2990]
    await compare(till, since=day(4, 1))
    await till.settle()
    assert await amounts(till, purchase) == [2990, 1993]
    await sound(till)


async def test_a_release_that_dies_anywhere_is_finished_by_the_next(till: Till) -> None:
    purchase = await till.subscribe()
    await rests(till, purchase, day(4, 1), day(4, 12))
    await pass_by(till, day(4, 1), day(4, 3))
    (dues,) = await till.rows("SELECT id FROM billing.dues")
    till.clock.advance(day(4, 12) - till.clock.now() + timedelta(seconds=1))
    step, reached = 0, True
    while reached:
        cut = CutAt(step)
        provider: Any = Disturbed(till.provider, before=cut, after=cut)
        runtime: Any = MortalRuntime(till.runtime, cut)
        with suppress(Cut):
            await align_collection(runtime, provider, dues["id"])
        reached, step = cut.reached, step + 1
    assert step >= 6
    await till.advance(seconds=1)
    assert await amounts(till, purchase) == [2990, 1993]
    assert [amount for _, amount in await lines(till, purchase)] == [2990, -997]
    await sound(till)


async def test_what_a_provider_asks_nobody_to_pay_is_not_released_either(till: Till) -> None:
    till.recovery = Recovery(then="unpaid")
    purchase = await till.subscribe()
    await rests(till, purchase, day(3, 10), day(3, 12))
    await pass_by(till, day(3, 10), day(3, 12))
    await till.use_card(purchase, "pm_card_chargeCustomerFail")
    await pass_by(till, day(4, 3), *(day(4, number) for number in range(4, 15)), day(5, 3))
    (held,) = await till.provider.held_back(await till.subscription_id(purchase))
    assert held.amount == Money(2990, "EUR")
    await till.hear(contract.ends(purchase, day(8, 2)))
    assert await amounts(till, purchase) == [2990, 2990]


@GATEWAYS
async def test_a_term_that_a_freeze_moved_costs_as_much_in_all(till: Till, gateway: str) -> None:
    purchase = await subscribed(till, gateway, **TERM)
    await till.hear(activated(purchase))
    rest = contract.freeze(day(3, 10), day(3, 20), extends_term=True)
    await till.hear(frozen(purchase, rest, until=day(6, 12)))
    await pass_by(till, day(3, 10), day(3, 20), day(4, 3), day(5, 3), day(6, 3), day(6, 12))
    # 10 of March's 31 days went back, and as many of June's 30 are charged; by card in seconds.
    assert await amounts(till, purchase) == [3000, 3000, 3000, 954 if gateway == "card" else 1000]
    assert sum(amount for kind, amount in await moved(till, purchase) if kind == "granted") == 968
    assert await till.broken() == []


@GATEWAYS
async def test_days_by_which_a_paid_freeze_moved_the_end_are_paid_for_already(
    till: Till, gateway: str
) -> None:
    purchase = await subscribed(till, gateway, **TERM)
    await till.hear(activated(purchase))
    rest = contract.freeze(day(3, 10), day(3, 20), extends_term=True, stops_billing=False)
    await till.hear(frozen(purchase, rest, until=day(6, 12)))
    await pass_by(till, day(3, 20), day(4, 3), day(5, 3), day(6, 3), day(6, 12))
    assert await amounts(till, purchase) == [3000, 3000, 3000]
    assert await moved(till, purchase) == []
