"""Memberships that are paid in cash or by transfer: no payment provider has a part in it."""

import asyncio
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from contexts.billing import contract
from contexts.billing.till import Till
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contracts.billing.events import (
    DebtChanged,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    PaymentTakenBack,
)
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.money import Money

VIENNA = "Europe/Vienna"


async def begin(till: Till, **changes: Any) -> tuple[Purchase, dict[str, Any]]:
    """A membership that waits to be paid at the desk, and its first claim."""
    purchase = till.sell(**{"starts_on": till.clock.now().date(), **changes})
    answer = await at_desk(till, purchase)
    assert answer.status_code == 201, answer.text
    return purchase, answer.json()["claims"][0]


async def at_desk(till: Till, purchase: Purchase) -> Any:
    price = {"amount": purchase.price.amount, "currency": purchase.price.currency}
    return await till.post(f"/memberships/{purchase.membership_id}/desk", {"price": price})


async def receive(till: Till, claim: str, amount: int = 2990, method: str = "cash") -> Any:
    return await till.post(
        f"/claims/{claim}/payments",
        {"amount": {"amount": amount, "currency": "EUR"}, "method": method},
    )


async def joined(till: Till, **changes: Any) -> Purchase:
    """A membership whose first period was paid at the desk."""
    purchase, claim = await begin(till, **changes)
    answer = await receive(till, claim["claim_id"], claim["amount"]["amount"])
    assert answer.status_code == 201, answer.text
    return purchase


async def claims(till: Till, purchase: Purchase) -> list[dict[str, Any]]:
    found = await till.get(f"/memberships/{purchase.membership_id}")
    return list(found.json()["claims"])


async def reach(till: Till, instant: datetime) -> None:
    """Let time pass up to a second after the instant."""
    await till.advance(seconds=(instant - till.clock.now()).total_seconds() + 1)


def midnight(day: date) -> str:
    return start_of_day(day, VIENNA).isoformat().replace("+00:00", "Z")


async def test_the_first_payment_at_the_desk_makes_the_contract_run(till: Till) -> None:
    purchase, claim = await begin(till, joining_fee=Money(2000, "EUR"))
    assert [(each["kind"], each["amount"]["amount"]) for each in claim["lines"]] == [
        ("period", 2990),
        ("joining_fee", 2000),
    ]
    assert await till.events() == []
    part = await receive(till, claim["claim_id"], 1000)
    assert (part.status_code, part.json()["method"]) == (201, "cash")
    assert await till.events(PaymentSucceeded) == []
    await receive(till, claim["claim_id"], 3990, "transfer")
    (paid,) = await till.events(PaymentSucceeded)
    assert (paid.membership_id, paid.amount) == (purchase.membership_id, Money(4990, "EUR"))
    assert paid.start == start_of_day(purchase.starts_on, VIENNA)


async def test_each_period_is_asked_for_a_week_ahead_and_is_overdue_from_its_first_day(
    till: Till,
) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 31))
    assert len(await claims(till, purchase)) == 1
    await reach(till, start_of_day(date(2026, 4, 23), VIENNA))
    _, second = await claims(till, purchase)
    # 31 March, 30 April, 31 May: the anchor's day comes back.
    assert (second["start"], second["until"]) == (
        midnight(date(2026, 4, 30)),
        midnight(date(2026, 5, 31)),
    )
    assert (second["status"], second["due_at"]) == ("open", second["start"])
    assert await till.events(DebtChanged) == []

    await reach(till, start_of_day(date(2026, 4, 30), VIENNA))
    (failed,) = await till.events(PaymentFailed)
    assert not failed.first_payment
    assert (await till.events(DebtChanged))[-1].overdue_since == failed.known_at
    await till.advance(days=3)
    assert len(await till.events(DebtChanged)) == 1

    await receive(till, second["claim_id"])
    assert (await till.events(DebtChanged))[-1].owed == Money(0, "EUR")
    assert len(await till.events(PaymentSucceeded)) == 2


async def test_a_year_of_paying_in_time_leaves_no_period_out_and_owes_nothing(till: Till) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 31))
    for _ in range(52):
        await till.advance(days=7)
        for claim in await claims(till, purchase):
            if claim["status"] != "paid":
                await receive(till, claim["claim_id"])
    asked = await claims(till, purchase)
    assert all(one["until"] == other["start"] for one, other in pairwise(asked))
    assert len(asked) == 12
    assert await till.events(DebtChanged) == []
    assert len(await till.events(PaymentSucceeded)) == 12


async def test_a_payment_taken_back_weeks_later_opens_the_claim_and_starts_the_clock_then(
    till: Till,
) -> None:
    purchase, claim = await begin(till)
    paid = (await receive(till, claim["claim_id"], method="transfer")).json()
    await till.advance(days=20)
    taken = await till.post(f"/payments/{paid['payment_id']}/take-back", {"reason": "Returned"})
    assert (taken.status_code, taken.json()["taken_back"]["amount"]) == (200, 2990)
    (event,) = await till.events(PaymentTakenBack)
    assert (event.taken_back, event.because) == (Money(2990, "EUR"), "Returned")
    (debt,) = await till.events(DebtChanged)
    assert (debt.owed, debt.overdue_since) == (Money(2990, "EUR"), till.clock.now())
    assert await till.events(PaymentFailed) == []

    again = await till.post(f"/payments/{paid['payment_id']}/take-back", {"reason": "Returned"})
    assert (again.status_code, again.json()["code"]) == (409, "not_taken_back")
    await receive(till, claim["claim_id"])
    assert (await till.events(DebtChanged))[-1].owed == Money(0, "EUR")
    assert len(await till.events(PaymentSucceeded)) == 1
    assert (await claims(till, purchase))[0]["status"] == "paid"


async def test_more_than_is_owed_another_currency_and_what_a_provider_collects_are_refused(
    till: Till,
) -> None:
    _, claim = await begin(till)
    much = await receive(till, claim["claim_id"], 2991)
    assert (much.status_code, much.json()["code"]) == (422, "over_payment")
    foreign = await till.post(
        f"/claims/{claim['claim_id']}/payments",
        {"amount": {"amount": 100, "currency": "USD"}, "method": "cash"},
    )
    assert foreign.status_code == 422
    later = await till.post(
        f"/claims/{claim['claim_id']}/payments",
        {
            "amount": {"amount": 100, "currency": "EUR"},
            "method": "cash",
            "received_at": (till.clock.now() + timedelta(minutes=1)).isoformat(),
        },
    )
    assert (later.status_code, later.json()["field"]) == (422, "received_at")
    by_card = await till.subscribe()
    (other,) = await claims(till, by_card)
    refused = await receive(till, other["claim_id"], 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_for_the_desk")
    assert await till.rows("SELECT 1 FROM billing.payment WHERE provider = 'manual'") == []


async def test_two_that_enter_the_same_money_at_once_cannot_overpay(till: Till) -> None:
    _, claim = await begin(till)
    answers = await asyncio.gather(*(receive(till, claim["claim_id"]) for _ in range(8)))
    assert sorted(each.status_code for each in answers) == [201] + [409] * 7
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_cash_is_handed_back_at_once_and_never_more_than_came_in(till: Till) -> None:
    purchase, claim = await begin(till)
    await receive(till, claim["claim_id"])
    back = await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": 1000})
    assert (back.status_code, back.json()["status"]) == (201, "succeeded")
    await till.settle()
    (refunded,) = await till.events(PaymentRefunded)
    assert refunded.amount == Money(1000, "EUR")
    rest = await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": 1991})
    assert (rest.status_code, rest.json()["code"]) == (422, "over_refund")
    await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": 500})
    assert (await claims(till, purchase))[0]["refunded"]["amount"] == 1500
    assert await till.events(DebtChanged) == []


async def test_a_repeat_finds_the_claim_and_a_card_page_that_was_open_is_closed(till: Till) -> None:
    purchase = till.sell()
    page = (await till.checkout(purchase)).json()
    first = await at_desk(till, purchase)
    again = await at_desk(till, purchase)
    assert first.json() == again.json()
    assert len(first.json()["claims"]) == 1
    paying = await till.client.post(page["url"], data={"card": "4242424242424242"})
    assert paying.status_code != 303
    refused = await till.checkout(purchase)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_subscribed")
    assert [
        row["provider"]
        for row in await till.rows(
            "SELECT provider FROM billing.subscription WHERE status NOT IN"
            " ('canceled', 'incomplete_expired')"
        )
    ] == [AT_THE_DESK]


async def test_an_end_takes_back_what_was_asked_for_beyond_it_and_undone_asks_again(
    till: Till,
) -> None:
    purchase = await joined(till)
    (first,) = await claims(till, purchase)
    await till.advance(days=26)
    assert [each["status"] for each in await claims(till, purchase)] == ["paid", "open"]
    end = start_of_day(date.fromisoformat(first["until"][:10]) + timedelta(days=1), VIENNA)
    await till.hear(contract.ends(purchase, end))
    assert [each["status"] for each in await claims(till, purchase)] == ["paid", "void"]
    await till.hear(contract.goes_on(purchase))
    await till.advance(seconds=1)
    statuses = [each["status"] for each in await claims(till, purchase)]
    assert statuses == ["paid", "void", "open"]
    await till.hear(contract.is_over(purchase))
    await till.advance(days=90)
    statuses = [each["status"] for each in await claims(till, purchase)]
    assert statuses == ["paid", "void", "void"]
    assert await till.events(DebtChanged) == []


async def test_a_debt_outlives_the_contract(till: Till) -> None:
    purchase = await joined(till)
    await till.advance(days=40)
    assert [each["status"] for each in await claims(till, purchase)] == ["paid", "failed"]
    await till.hear(contract.is_over(purchase))
    assert [each["status"] for each in await claims(till, purchase)] == ["paid", "failed"]
    assert (await till.events(DebtChanged))[-1].owed == Money(2990, "EUR")


async def test_frozen_days_of_a_period_are_not_charged(till: Till) -> None:
    purchase = await joined(till, starts_on=date(2026, 4, 1), price=Money(3000, "EUR"))
    start, until = (start_of_day(date(2026, 5, day), VIENNA) for day in (11, 21))
    await till.hear(contract.overlaid(purchase, contract.freeze(start, until)))
    await reach(till, start_of_day(date(2026, 4, 28), VIENNA))
    _, may = await claims(till, purchase)
    # 21 of May's 31 days.
    assert may["amount"]["amount"] == 2032


async def test_whoever_pays_days_later_pays_for_a_whole_period_from_then_on(till: Till) -> None:
    purchase, claim = await begin(till)
    await till.advance(days=20)
    await receive(till, claim["claim_id"])
    today = till.clock.now().date()
    (paid,) = await till.events(PaymentSucceeded)
    assert paid.start == start_of_day(today, VIENNA)
    await reach(till, paid.until)
    _, second = await claims(till, purchase)
    assert second["start"] == midnight(paid.until.astimezone(ZoneInfo(VIENNA)).date())


async def test_a_membership_that_nobody_ever_paid_owes_nothing(till: Till) -> None:
    purchase, _ = await begin(till)
    await till.advance(days=60)
    assert await till.events(DebtChanged) == []
    await till.hear(contract.is_over(purchase))
    assert [each["status"] for each in await claims(till, purchase)] == ["void"]


@pytest.mark.parametrize("caller", ["stranger", "reader"])
async def test_only_the_organisations_own_staff_enter_money(till: Till, caller: str) -> None:
    _, claim = await begin(till)
    answer = await till.post(
        f"/claims/{claim['claim_id']}/payments",
        {"amount": {"amount": 1, "currency": "EUR"}, "method": "cash"},
        caller,
    )
    assert answer.status_code == (404 if caller == "stranger" else 403)
    assert UUID(claim["claim_id"])
