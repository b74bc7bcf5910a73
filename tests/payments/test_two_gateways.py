"""One suite for both ways in which money comes in: no rule leans on who collects it.

Every test also ends with all promises kept (`conftest.py`): the ledger's trial balance is zero, it
says of each claim what the claim says, and no number of a document is missing.

What only one of them can do, and why:

- *Only the desk*: paying a claim in part, for a card is charged the whole invoice or nothing; and
  no claim at all for a period that is frozen as a whole, where Stripe makes an invoice and voids
  it.
- *Only the provider*: winning money back (a bank decides a dispute; what a desk takes back is a
  wrong entry or a returned transfer, and comes in again as a new payment), and an end that the
  person sets in the provider's own portal. Both are tested beside the gateway: `test_disputes`,
  `test_collection`.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from contexts.billing.samples import MONTHLY
from contexts.billing.test_fees import FEE
from gymhopper.contracts.billing.events import (
    DebtChanged,
    FeePaid,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    PaymentTakenBack,
)
from gymhopper.kernel.calendar import local_date
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from payments.studio import Studio
from payments.ways import Card, Desk, Way, enter, open_claims, to_the_next_period

NET, TAX = -2492, -498
"""Of 29.90 with a fifth of tax in it."""

STAGES = {
    "debt": {
        "no_booking": {"after_days": 3},
        "terminate": {"after_days": 20},
    }
}


@pytest.fixture(params=[Card(), Desk()], ids=["card", "desk"])
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


async def joined(studio: Studio, way: Way, **plan: Any) -> str:
    """A membership whose first period is paid."""
    of = await studio.bought(await studio.plan(**plan))
    await way.join(studio, of)
    return of


async def statuses(studio: Studio, of: str) -> list[str]:
    return [each["status"] for each in await studio.claims(of)]


async def refund(studio: Studio, claim: Any, amount: int, *, expect: int = 201, **more: Any) -> Any:
    path = f"/payments/claims/{claim['claim_id']}/refunds"
    answer = await studio.call("POST", path, {"amount": amount, **more}, expect=expect)
    await studio.settle()
    return answer


async def test_the_first_payment_opens_the_door_and_is_in_the_books(
    studio: Studio, way: Way
) -> None:
    of = await studio.bought(await studio.plan())
    await way.begin(studio, of)
    assert await studio.door(of) == "NO_ENTITLEMENT"
    assert await studio.events() == []
    await way.join(studio, of)
    assert await studio.door(of) is None
    assert (await studio.membership(of))["label"] == "active"
    (claim,) = await studio.claims(of)
    assert (claim["status"], claim["amount"]["amount"]) == ("paid", 2990)
    assert await studio.balances() == {
        way.till: 2990,
        "revenue membership": NET,
        "tax 20": TAX,
    }
    assert await studio.numbers() == {"invoice": 1}


async def test_whoever_never_pays_owes_nothing_and_gets_no_invoice(
    studio: Studio, way: Way
) -> None:
    of = await studio.bought(await studio.plan())
    await way.begin(studio, of)
    await studio.advance(days=40)
    assert await studio.door(of) == "NO_ENTITLEMENT"
    assert await studio.events() == []
    assert await studio.numbers() == {}


async def test_each_period_follows_the_one_before_and_is_paid_once(
    studio: Studio, way: Way
) -> None:
    await studio.advance(days=29)
    of = await joined(studio, way)
    for _ in range(3):
        await to_the_next_period(studio, way, of)
    paid = await studio.events(PaymentSucceeded)
    assert len(paid) == len({each.claim_id for each in paid}) == 4
    assert all(one.until == other.start for one, other in pairwise(paid))
    # From the last day of March: April's last, then May's 31st again.
    days = [local_date(each.start, MONTHLY.zone).day for each in paid]
    assert days == [31, 30, 31, 30]
    assert await studio.door(of) is None
    assert await studio.events(DebtChanged) == []
    assert await studio.numbers() == {"invoice": 4}


async def test_an_unpaid_period_is_debt_by_stages_and_paying_late_opens_the_door(
    studio: Studio, way: Way
) -> None:
    of = await joined(studio, way, conditions=STAGES)
    await to_the_next_period(studio, way, of, pays=False)
    (failed,) = await studio.events(PaymentFailed)
    seen = await studio.membership(of)
    assert seen["label"] == "past_due"
    closes = datetime.fromisoformat(seen["no_entry_from"])
    assert closes - failed.known_at >= timedelta(days=1)
    assert await studio.door(of) is None
    await studio.advance(days=1)
    assert await studio.door(of) is None
    await studio.reach(closes)
    assert await studio.door(of) == "PAYMENT_PAST_DUE"
    assert (await studio.balances())["receivable"] == 2990
    (debt,) = await studio.events(DebtChanged)
    assert debt.overdue_since == failed.known_at

    await way.pay(studio, of)
    assert await studio.door(of) is None
    assert (await studio.events(DebtChanged))[-1].owed.amount == 0
    assert len(await studio.events(PaymentSucceeded)) == 2
    assert (await studio.balances())[way.till] == 2 * 2990
    assert "receivable" not in await studio.balances()


async def test_a_debt_that_nobody_pays_ends_the_contract_and_stays_owed(
    studio: Studio, way: Way
) -> None:
    # The provider is told to leave it to us when somebody has to go.
    studio.recovery = Recovery(then="past_due")
    of = await joined(studio, way, conditions=STAGES)
    await to_the_next_period(studio, way, of, pays=False)
    await studio.advance(days=21)
    over = await studio.membership(of)
    assert (over["contract"], over["end_reason"]) == ("ended", "terminated")
    await studio.advance(days=40)
    assert (await statuses(studio, of)).count("failed") == 1
    owed = (await studio.money(of))["owed"]["amount"]
    assert owed == 2990 == (await studio.balances())["receivable"]


async def test_money_goes_back_in_parts_and_never_more_than_came_in(
    studio: Studio, way: Way
) -> None:
    of = await joined(studio, way)
    (claim,) = await studio.claims(of)
    await refund(studio, claim, 1000)
    await refund(studio, claim, 990)
    refused = await refund(studio, claim, 1001, expect=422)
    assert refused["code"] == "over_refund"
    back = await studio.events(PaymentRefunded)
    assert [each.amount.amount for each in back] == [1000, 990]
    (claim,) = await studio.claims(of)
    assert (claim["status"], claim["refunded"]["amount"]) == ("paid", 1990)
    assert (await studio.balances())[way.till] == 1000
    assert await studio.numbers() == {"invoice": 1, "credit_note": 2}
    # A refund alone does nothing to access; one that says so ends it.
    assert await studio.door(of) is None
    await refund(studio, claim, 1000, access="end_now")
    assert await studio.door(of) == "MEMBERSHIP_CANCELLED"
    assert await studio.balances() == {}
    await studio.advance(days=40)
    assert len(await studio.claims(of)) == 1


async def test_a_payment_that_is_taken_back_weeks_later_is_owed_again_by_stages(
    studio: Studio, way: Way
) -> None:
    of = await joined(studio, way, conditions=STAGES)
    await studio.advance(days=20)
    (claim,) = await studio.claims(of)
    await way.take_back(studio, claim["claim_id"])
    (event,) = await studio.events(PaymentTakenBack)
    assert event.taken_back.amount == 2990
    (debt,) = await studio.events(DebtChanged)
    assert debt.overdue_since == studio.clock.now()
    assert await statuses(studio, of) == ["failed"]
    books = await studio.balances()
    assert (books.get(way.till, 0), books["receivable"]) == (0, 2990)
    assert await studio.door(of) is None
    await studio.advance(days=7, seconds=1)
    assert await studio.door(of) == "PAYMENT_PAST_DUE"
    refused = await refund(studio, claim, 1, expect=409)
    assert refused["code"] == "not_refundable"


async def test_a_withdrawal_gives_everything_back_and_asks_for_nothing_more(
    studio: Studio, way: Way
) -> None:
    of = await joined(studio, way)
    await studio.advance(days=4)
    await studio.call("POST", f"/memberships/{of}/withdraw", expect=201)
    await studio.settle()
    assert await studio.door(of) == "MEMBERSHIP_CANCELLED"
    assert await studio.balances() == {}
    await studio.advance(days=60)
    assert [each["refunded"]["amount"] for each in await studio.claims(of)] == [2990]
    assert await studio.numbers() == {"invoice": 1, "credit_note": 1}


async def test_an_early_start_is_paid_by_the_day_when_somebody_withdraws(
    studio: Studio, way: Way
) -> None:
    of = await studio.bought(await studio.plan(), early_start=True)
    await way.join(studio, of)
    await studio.advance(days=4)
    receipt = await studio.call("POST", f"/memberships/{of}/withdraw", expect=201)
    await studio.settle()
    back = 2990 * receipt["given_back_days"] / receipt["of_days"]
    (claim,) = await studio.claims(of)
    assert claim["refunded"]["amount"] == int(back + 0.5) < 2990
    assert (await studio.balances())[way.till] == 2990 - claim["refunded"]["amount"]


async def test_a_cancellation_lets_the_paid_period_run_out_and_can_be_undone(
    studio: Studio, way: Way
) -> None:
    of = await joined(studio, way)
    path = f"/memberships/{of}"
    for _ in range(2):
        await studio.call("POST", f"{path}/cancel", {"when": "period_end"}, expect=200)
        await studio.settle()
        await studio.call("POST", f"{path}/cancellation/revoke", expect=200)
        await studio.settle()
    await to_the_next_period(studio, way, of)
    assert await statuses(studio, of) == ["paid", "paid"]
    over = await studio.call("POST", f"{path}/cancel", {"when": "period_end"}, expect=200)
    await studio.settle()
    assert await studio.door(of) is None
    await studio.reach(over["end"])
    assert await studio.door(of) == "MEMBERSHIP_CANCELLED"
    await studio.advance(days=40)
    assert [s for s in await statuses(studio, of) if s != "void"] == ["paid", "paid"]
    assert await studio.events(DebtChanged) == []
    assert (await studio.balances())[way.till] == 2 * 2990


async def test_during_a_freeze_nothing_is_charged_and_the_door_says_frozen(
    studio: Studio, way: Way
) -> None:
    of = await joined(studio, way)
    (first,) = await studio.claims(of)
    until = datetime.fromisoformat(first["until"])
    body = {
        "start": str((until - timedelta(days=9)).date()),
        "until": str(until.date() + timedelta(days=40)),
    }
    await studio.call("POST", f"/memberships/{of}/freezes", body, expect=201)
    await studio.settle()
    await studio.reach(until)
    assert await studio.door(of) == "MEMBERSHIP_FROZEN"
    assert (await studio.balances())[way.till] == 2990
    assert await studio.events(DebtChanged) == []
    await studio.advance(days=41)
    await way.pay(studio, of)
    assert await studio.door(of) is None
    assert (await studio.membership(of))["label"] == "active"
    await studio.advance(days=31)
    await way.pay(studio, of)
    charged = [each for each in await studio.claims(of) if each["status"] == "paid"]
    assert len(charged) >= 2
    assert await studio.door(of) is None


async def test_a_new_price_holds_for_the_periods_that_begin_with_it(
    studio: Studio, way: Way
) -> None:
    of = await joined(studio, way)
    on = studio.clock.now().date() + timedelta(days=50)
    change = {
        "price": {"amount": 3490, "currency": "EUR"},
        "effective_on": str(on),
        "reason": "Energy costs more.",
    }
    await studio.call("POST", f"/memberships/{of}/price-changes", change, expect=201)
    for _ in range(2):
        await to_the_next_period(studio, way, of)
    assert [each["amount"]["amount"] for each in await studio.claims(of)] == [2990, 2990, 3490]
    assert (await studio.balances())[way.till] == 2990 + 2990 + 3490


async def test_a_fee_is_asked_for_once_and_is_a_debt_while_it_is_not_paid(
    studio: Studio, way: Way
) -> None:
    fee = {"amount": FEE.amount, "currency": FEE.currency}
    of = await joined(studio, way, freeze_rules={"fee": fee})
    await way.stop_paying(studio, of)
    freeze = {"until": str(studio.clock.now().date() + timedelta(days=10))}
    await studio.call("POST", f"/memberships/{of}/freezes", freeze, expect=201)
    await studio.settle()
    await studio.advance(days=8)
    assert (await studio.money(of))["owed"]["amount"] == FEE.amount
    await way.pay(studio, of)
    (paid,) = await studio.events(FeePaid)
    assert paid.amount == FEE
    assert (await studio.money(of))["owed"]["amount"] == 0
    assert (await studio.balances())[way.till] == 2990 + FEE.amount
    assert len(await studio.events(PaymentSucceeded)) == 1


async def test_only_the_desk_takes_a_part_and_the_rest_stays_owed(studio: Studio) -> None:
    way = Desk()
    of = await joined(studio, way, conditions=STAGES)
    await to_the_next_period(studio, way, of, pays=False)
    (claim,) = await open_claims(studio, of)
    await enter(studio, str(claim["id"]), 2000)
    await studio.settle()
    debts = await studio.events(DebtChanged)
    assert [each.owed.amount for each in debts] == [2990, 990]
    assert debts[0].overdue_since == debts[1].overdue_since
    await studio.advance(days=8)
    assert await studio.door(of) == "PAYMENT_PAST_DUE"
    await enter(studio, str(claim["id"]), 990)
    await studio.settle()
    assert await studio.door(of) is None
