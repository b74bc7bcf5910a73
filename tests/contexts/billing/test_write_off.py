"""Debts that are given up, by card and at the desk, and what is paid for them after all."""

from datetime import timedelta
from typing import Any

import pytest

from contexts.billing.test_desk import claims, joined, receive
from contexts.billing.till import Till
from fixtures.callers import in_role
from gymhopper.contracts.billing.events import DebtChanged, PaymentFailed, PaymentSucceeded
from gymhopper.contracts.identity.api import IdentityApi
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


async def in_debt(till: Till, way: str) -> tuple[Purchase, dict[str, Any]]:
    """A membership whose second period was not paid, and the claim for it."""
    if way == "desk":
        purchase = await joined(till)
    else:
        purchase = await till.subscribe()
        await till.use_card(purchase, "pm_card_chargeCustomerFail")
    await till.advance(days=32)
    claim = (await claims(till, purchase))[1]
    assert claim["status"] == "failed"
    return purchase, claim


async def give_up(till: Till, claim: dict[str, Any], caller: str = "desk") -> Any:
    answer = await till.post(
        f"/claims/{claim['claim_id']}/write-off", {"reason": "Moved away"}, caller
    )
    await till.settle()
    return answer


@pytest.mark.parametrize("way", ["card", "desk"])
async def test_a_debt_that_is_given_up_is_owed_no_more_and_its_invoice_stays(
    till: Till, way: str
) -> None:
    purchase, claim = await in_debt(till, way)
    answer = await give_up(till, claim)
    assert (answer.status_code, answer.json()["status"]) == (200, "written_off")
    assert answer.json()["written_off"]["amount"] == 2990
    assert (await till.events(DebtChanged))[-1].overdue_since is None
    books = await till.balances()
    assert (books["bad_debt"], books.get("receivable", 0)) == (2990, 0)
    notes = await till.rows("SELECT 1 FROM billing.document WHERE kind = 'credit_note'")
    assert notes == []
    assert await till.broken() == []
    again = await give_up(till, claim)
    assert (again.status_code, again.json()["code"]) == (409, "not_written_off")
    assert len(await till.events(PaymentFailed)) == 1
    assert (await claims(till, purchase))[1]["status"] == "written_off"


async def test_stripe_is_told_and_tries_the_card_no_more(till: Till) -> None:
    purchase, claim = await in_debt(till, "card")
    await give_up(till, claim)
    await till.use_card(purchase, "pm_card_visa")
    await till.advance(days=14)
    (given_up,) = (await till.stripe.v1.invoices.list_async({"status": "uncollectible"})).data
    assert given_up.amount_remaining == 2990
    assert (await claims(till, purchase))[1]["status"] == "written_off"
    assert await till.broken() == []


async def test_what_is_paid_at_the_desk_after_all_is_recovered_part_by_part(till: Till) -> None:
    purchase, claim = await in_debt(till, "desk")
    await give_up(till, claim)
    much = await receive(till, claim["claim_id"], 2991)
    assert (much.status_code, much.json()["code"]) == (422, "over_payment")
    part = await receive(till, claim["claim_id"], 1000)
    assert part.status_code == 201
    found = (await claims(till, purchase))[1]
    assert (found["status"], found["written_off"]["amount"]) == ("written_off", 1990)
    assert (await till.balances())["bad_debt"] == 1990
    assert await till.broken() == []
    taken = await till.post(
        f"/payments/{part.json()['payment_id']}/take-back", {"reason": "Entered wrongly"}
    )
    assert taken.status_code == 200
    assert (await till.events(DebtChanged))[-1].owed == Money(1000, "EUR")
    assert len(await till.events(PaymentFailed)) == 1
    assert await till.broken() == []
    await receive(till, claim["claim_id"], 2990)
    assert (await claims(till, purchase))[1]["status"] == "paid"
    assert len(await till.events(PaymentSucceeded)) == 2
    assert "bad_debt" not in await till.balances()
    assert await till.broken() == []


async def test_what_stripe_collects_after_all_is_recovered(till: Till) -> None:
    purchase, claim = await in_debt(till, "card")
    await give_up(till, claim)
    (given_up,) = (await till.stripe.v1.invoices.list_async({"status": "uncollectible"})).data
    await till.use_card(purchase, "pm_card_visa")
    await till.stripe.v1.invoices.pay_async(given_up.id or "")
    await till.settle()
    assert (await claims(till, purchase))[1]["status"] == "paid"
    assert "bad_debt" not in await till.balances()
    assert await till.broken() == []


async def test_a_debt_that_comes_back_can_be_given_up_again(till: Till) -> None:
    purchase, claim = await in_debt(till, "desk")
    await give_up(till, claim)
    part = (await receive(till, claim["claim_id"], 1000)).json()["payment_id"]
    await till.post(f"/payments/{part}/take-back", {"reason": "Entered wrongly"})
    till.clock.advance(timedelta(minutes=1))
    assert (await give_up(till, claim)).status_code == 200
    found = (await claims(till, purchase))[1]
    assert (found["status"], found["written_off"]["amount"]) == ("written_off", 2990)
    assert (await till.balances())["bad_debt"] == 2990
    assert await till.broken() == []


async def test_only_a_debt_of_ones_own_can_be_given_up(till: Till) -> None:
    purchase = await joined(till)
    await till.advance(days=26)
    for claim in await claims(till, purchase):
        refused = await give_up(till, claim)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_written_off")
    till.runtime.api(IdentityApi)._tokens["elsewhere"] = in_role(
        "owner", till.organisation, legal_entity_id=new_id()
    )
    await till.advance(days=10)
    claim = (await claims(till, purchase))[-1]
    assert claim["status"] == "failed"
    assert (await give_up(till, claim, "elsewhere")).status_code in {403, 404}
    assert (await give_up(till, claim, "stranger")).status_code == 404
    assert (await give_up(till, claim, "reader")).status_code == 403
    assert (await give_up(till, {"claim_id": new_id()})).status_code == 404
