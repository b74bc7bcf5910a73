"""Another plan for a membership that runs: charged to the cent as it was shown."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.billing import contract
from contexts.billing.test_desk import begin, claims, joined, midnight, reach, receive
from contexts.billing.till import FAILS_LATER, Till
from gymhopper.contracts.billing.api import PlanChangeQuote, PlanChangesApi
from gymhopper.contracts.billing.events import (
    DebtChanged,
    PaymentFailed,
    PaymentSucceeded,
    PlanChangeCollected,
    PlanChangeDeclined,
)
from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.events import (
    MembershipPlanChanged,
    MembershipPlanChangeRequested,
    MembershipPlanChangeScheduled,
    MembershipPlanChangeUndone,
)
from gymhopper.contracts.membership.plan_changes import PlanTerms
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

VIENNA = "Europe/Vienna"


def plan(amount: int = 4990, name: str = "Premium", **changes: Any) -> PlanTerms:
    given: dict[str, Any] = {
        "plan_id": new_id(),
        "plan_name": name,
        "kind": "recurring",
        "price": Money(amount, "EUR"),
        "interval": "month",
        "interval_count": 1,
        "tax_code": "standard",
        "tax_included": True,
    }
    return PlanTerms(**{**given, **changes})


@dataclass
class Change:
    """A change of plan as membership tells of it, at whatever collects."""

    till: Till
    purchase: Purchase
    terms: PlanTerms = field(default_factory=plan)
    id: UUID = field(default_factory=new_id)

    async def quote(self, at: datetime | None = None, *, at_once: bool = True) -> PlanChangeQuote:
        return await self.till.runtime.api(PlanChangesApi).quote(
            membership_id=self.purchase.membership_id,
            terms=self.terms,
            at=at or self.till.clock.now().replace(microsecond=0),
            at_once=at_once,
        )

    async def now(self, quote: PlanChangeQuote | None = None) -> PlanChangeQuote:
        """Agree to what is shown."""
        shown = quote or await self.quote()
        assert shown.refusal is None
        await self.till.hear(
            MembershipPlanChangeRequested(
                membership=contract.state(self.purchase),
                change_id=self.id,
                terms=self.terms,
                priced_at=shown.priced_at,
                charged=shown.charged,
            )
        )
        return shown

    async def later(self, at: datetime) -> None:
        await self.till.hear(
            MembershipPlanChangeScheduled(
                membership=contract.state(self.purchase),
                change_id=self.id,
                terms=self.terms,
                effective_at=at,
            )
        )

    async def undo(self) -> None:
        await self.till.hear(
            MembershipPlanChangeUndone(membership=contract.state(self.purchase), change_id=self.id)
        )

    async def in_force(self) -> None:
        await self.till.hear(
            MembershipPlanChanged(
                membership=contract.state(self.purchase),
                change_id=self.id,
                previous_plan_id=self.purchase.plan_id,
            )
        )


async def amounts(till: Till, purchase: Purchase) -> list[int]:
    return [
        claim["amount"]["amount"]
        for claim in await claims(till, purchase)
        if claim["status"] != "void"
    ]


async def lines(till: Till, purchase: Purchase) -> list[tuple[str, int]]:
    """Of the newest claim."""
    rows = await till.rows(
        "SELECT lines FROM billing.claim WHERE membership_id = :id ORDER BY id DESC LIMIT 1",
        id=purchase.membership_id,
    )
    return [(each["text"], each["amount"]) for each in rows[0]["lines"]]


async def sound(till: Till) -> None:
    """The books agree, and nobody is owed anything by the ledger's account."""
    assert await till.broken() == []
    assert "receivable" not in await till.balances()


async def test_an_upgrade_by_card_charges_to_the_cent_what_its_preview_showed(till: Till) -> None:
    purchase = await till.subscribe()
    await till.advance(days=10, hours=7, minutes=13, seconds=5)
    change = Change(till, purchase)
    shown = await change.now()
    assert [line.amount < 0 for line in shown.lines] == [True, False]
    assert 0 < shown.charged.amount < 2000
    assert await amounts(till, purchase) == [2990, shown.charged.amount]
    (event,) = await till.events(PlanChangeCollected)
    assert (event.membership_id, event.change_id) == (purchase.membership_id, change.id)
    assert (await till.balances())["clearing stripe"] == 2990 + shown.charged.amount
    await sound(till)
    await change.in_force()
    await till.advance(days=25)
    assert await amounts(till, purchase) == [2990, shown.charged.amount, 4990]
    assert await lines(till, purchase) == [("Premium", 4990)]
    await sound(till)


async def test_a_preview_is_charged_as_shown_when_the_charge_comes_later(till: Till) -> None:
    """Proration differs from its preview: the seconds between the two are not charged."""
    purchase = await till.subscribe()
    await till.advance(days=10)
    change = Change(till, purchase)
    shown = await change.quote()
    await till.advance(minutes=14)
    assert (await change.quote()).charged < shown.charged
    await change.now(shown)
    assert await amounts(till, purchase) == [2990, shown.charged.amount]


async def test_a_card_that_is_refused_leaves_the_old_plan_and_nothing_is_half_changed(
    till: Till,
) -> None:
    purchase = await till.subscribe(FAILS_LATER)
    await till.advance(days=10)
    change = Change(till, purchase)
    shown = await change.now()
    (declined,) = await till.events(PlanChangeDeclined)
    assert (declined.change_id, declined.reason) == (change.id, "card_refused")
    assert await till.events(PlanChangeCollected) == []
    assert await till.events(PaymentFailed) == []
    assert await amounts(till, purchase) == [2990]
    await till.use_card(purchase, "pm_card_visa")
    # What was declined is neither made nor declined again because it is told again.
    await change.now(shown)
    assert await till.events(PlanChangeDeclined) == [declined]
    assert await till.events(PlanChangeCollected) == []
    await till.advance(days=25)
    assert await amounts(till, purchase) == [2990, 2990]
    await sound(till)


async def test_another_amount_than_was_agreed_to_is_never_charged(till: Till) -> None:
    purchase = await till.subscribe()
    await till.advance(days=10)
    change = Change(till, purchase)
    shown = await change.quote()
    other = Change(till, purchase, plan(3990, "Plus"))
    await other.now()
    charged = await amounts(till, purchase)
    await change.now(shown)
    assert (await till.events(PlanChangeDeclined))[-1].reason == "price_changed"
    assert await amounts(till, purchase) == charged


async def test_two_upgrades_on_a_day_charge_no_second_of_either_twice(till: Till) -> None:
    purchase = await till.subscribe()
    await till.advance(days=10)
    first = await Change(till, purchase, plan(3990, "Plus")).now()
    await till.advance(hours=2)
    second = await Change(till, purchase, plan(4990)).now()
    assert await amounts(till, purchase) == [2990, first.charged.amount, second.charged.amount]
    direct = await Change(till, purchase, plan(2990, "Basic")).quote(second.priced_at)
    assert abs(direct.charged.amount + round(2000 * (31 - 10) / 31)) <= 10
    await sound(till)


async def test_the_last_second_of_a_period_costs_next_to_nothing(till: Till) -> None:
    purchase = await till.subscribe()
    found = await till.stripe.v1.subscriptions.retrieve_async(await till.subscription_id(purchase))
    ends = found["items"].data[0].current_period_end
    await till.advance(seconds=ends - till.clock.now().timestamp() - 1)
    change = Change(till, purchase)
    shown = await change.now()
    assert shown.charged.amount == 0
    assert len(await till.events(PlanChangeCollected)) == 1
    await change.in_force()
    await till.advance(hours=2)
    assert [each for each in await amounts(till, purchase) if each] == [2990, 4990]
    await sound(till)


async def test_another_length_of_period_begins_a_new_cycle(till: Till) -> None:
    purchase = await till.subscribe()
    await till.advance(days=10)
    change = Change(till, purchase, plan(49900, "Yearly", interval="year"))
    shown = await change.now()
    assert shown.charged.amount == sum(line.amount for line in shown.lines)
    (paid,) = (await till.events(PaymentSucceeded))[1:]
    assert (paid.amount, paid.start) == (shown.charged, till.clock.now())
    assert paid.until == paid.start.replace(year=2027)
    (event,) = await till.events(PlanChangeCollected)
    assert event.period_until == paid.until
    monthly = Change(till, purchase)
    assert (await monthly.quote(paid.until, at_once=False)).refusal == "other_interval"
    await sound(till)


async def test_a_change_of_later_periods_is_charged_from_the_next_one_on(till: Till) -> None:
    purchase = await till.subscribe()
    await till.advance(days=10)
    (paid,) = await till.events(PaymentSucceeded)
    change = Change(till, purchase, plan(1990, "Light"))
    quote = await change.quote(paid.until, at_once=False)
    assert (quote.charged, quote.each_period) == (Money(0, "EUR"), Money(1990, "EUR"))
    await change.later(paid.until)
    assert await amounts(till, purchase) == [2990]
    await till.advance(days=22)
    await change.in_force()
    assert await amounts(till, purchase) == [2990, 1990]
    assert await lines(till, purchase) == [("Light", 1990)]
    await till.advance(days=31)
    assert await amounts(till, purchase) == [2990, 1990, 1990]
    await sound(till)


async def test_a_change_that_was_undone_never_costs_anything(till: Till) -> None:
    purchase = await till.subscribe()
    (paid,) = await till.events(PaymentSucceeded)
    change = Change(till, purchase)
    await change.later(paid.until)
    await change.undo()
    await till.advance(days=32)
    assert await amounts(till, purchase) == [2990, 2990]
    assert await lines(till, purchase) == [("Basic", 2990)]


async def test_at_the_desk_an_upgrade_is_claimed_by_calendar_days(till: Till) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    await reach(till, start_of_day(date(2026, 3, 12), VIENNA))
    change = Change(till, purchase)
    shown = await change.now()
    # 21 of the 31 days are left, that of the change is one of them.
    assert [line.amount for line in shown.lines] == [-2025, 3380]
    first, second = await claims(till, purchase)
    assert (second["amount"]["amount"], second["status"]) == (1355, "open")
    assert second["until"] == first["until"]
    assert await lines(till, purchase) == [("Basic", -2025), ("Premium", 3380)]
    assert len(await till.events(PlanChangeCollected)) == 1
    await change.in_force()
    await receive(till, second["claim_id"], 1355)
    await reach(till, start_of_day(date(2026, 3, 26), VIENNA))
    assert await amounts(till, purchase) == [2990, 1355, 4990]
    await receive(till, (await claims(till, purchase))[-1]["claim_id"], 4990)
    assert await till.events(DebtChanged) == []
    await sound(till)


async def test_at_the_desk_a_period_that_was_asked_for_already_costs_the_difference(
    till: Till,
) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    await reach(till, start_of_day(date(2026, 3, 30), VIENNA))
    assert await amounts(till, purchase) == [2990, 2990]
    shown = await Change(till, purchase).now()
    assert [line.amount for line in shown.lines] == [-289, 483, -2990, 4990]
    assert await amounts(till, purchase) == [2990, 194 + 2000, 2990]
    _, extra, ahead = sorted(await claims(till, purchase), key=lambda each: str(each["start"]))
    assert extra["start"] == midnight(date(2026, 3, 30))
    assert extra["until"] == ahead["until"]


async def test_at_the_desk_what_is_not_paid_for_a_change_in_a_week_is_overdue(till: Till) -> None:
    purchase = await joined(till)
    shown = await Change(till, purchase).now()
    await till.advance(days=6)
    assert await till.events(DebtChanged) == []
    await till.advance(days=1, seconds=1)
    (debt,) = await till.events(DebtChanged)
    assert debt.owed == shown.charged


async def test_at_the_desk_another_length_of_period_begins_a_new_calendar(till: Till) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    await reach(till, start_of_day(date(2026, 3, 12), VIENNA))
    change = Change(till, purchase, plan(900, "Weekly", interval="week"))
    assert (await change.quote()).charged.amount < 0
    change = Change(till, purchase, plan(9900, "Quarter", interval_count=3))
    shown = await change.now()
    assert [line.amount for line in shown.lines] == [-2025, 9900]
    claim = (await claims(till, purchase))[-1]
    assert datetime.fromisoformat(claim["until"]) == start_of_day(date(2026, 6, 12), VIENNA)
    await receive(till, claim["claim_id"], claim["amount"]["amount"])
    await reach(till, start_of_day(date(2026, 6, 6), VIENNA))
    assert (await claims(till, purchase))[-1]["start"] == claim["until"]
    assert (await amounts(till, purchase))[-1] == 9900


async def test_at_the_desk_what_was_asked_for_ahead_is_asked_for_anew(till: Till) -> None:
    purchase, first = await begin(till)
    await receive(till, first["claim_id"])
    ends = datetime.fromisoformat(first["until"])
    await reach(till, ends - timedelta(days=3))
    assert await amounts(till, purchase) == [2990, 2990]
    change = Change(till, purchase, plan(1990, "Light"))
    await change.later(ends)
    await till.advance(seconds=1)
    assert await amounts(till, purchase) == [2990, 1990]
    await change.undo()
    await till.advance(seconds=1)
    assert await amounts(till, purchase) == [2990, 2990]
    again = Change(till, purchase, plan(990, "Lighter"))
    await again.later(ends)
    await reach(till, ends)
    await again.in_force()
    await again.later(ends)
    await till.advance(days=31)
    assert await amounts(till, purchase) == [2990, 990, 990]
    assert (await Change(till, purchase).quote()).refusal is None
    assert await till.broken() == []


async def test_what_is_said_of_an_earlier_change_leaves_the_one_to_come_alone(till: Till) -> None:
    purchase, first = await begin(till)
    await receive(till, first["claim_id"])
    ends = datetime.fromisoformat(first["until"])
    one, two = (Change(till, purchase, plan(amount)) for amount in (1990, 990))
    await one.later(ends)
    await one.undo()
    await two.later(ends)
    await one.undo()
    await one.in_force()
    await reach(till, ends - timedelta(days=3))
    assert await amounts(till, purchase) == [2990, 990]
    await two.undo()
    await till.advance(seconds=1)
    assert await amounts(till, purchase) == [2990, 2990]


async def test_at_the_desk_a_period_that_was_begun_to_be_paid_is_not_asked_for_anew(
    till: Till,
) -> None:
    purchase, first = await begin(till)
    await receive(till, first["claim_id"])
    ends = datetime.fromisoformat(first["until"])
    await reach(till, ends - timedelta(days=3))
    await receive(till, (await claims(till, purchase))[-1]["claim_id"], 1000)
    quote = await Change(till, purchase).quote(ends, at_once=False)
    assert quote.refusal == "partly_paid"


@pytest.mark.parametrize("paid", [False, True])
async def test_nobody_collects_before_the_first_payment_or_after_the_end(
    till: Till, paid: bool
) -> None:
    purchase, first = await begin(till)
    if paid:
        await receive(till, first["claim_id"])
        await till.hear(contract.is_over(purchase))
    assert (await Change(till, purchase).quote()).refusal == "not_collected"
