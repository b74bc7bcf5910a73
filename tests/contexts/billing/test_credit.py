"""Account credit: granted, used for what is asked for next, and returned."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.billing import contract
from contexts.billing.samples import MONTHLY
from contexts.billing.test_desk import at_desk, begin, claims, joined, receive
from contexts.billing.till import DECLINED, Till
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.billing.domain.credit import Movement
from gymhopper.contexts.billing.domain.errors import EntryDiffers
from gymhopper.contexts.billing.usecases.grant_credit import grant_credit
from gymhopper.contracts.billing.events import DebtChanged, PaymentSucceeded
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

OTHER_SELLER = UUID(int=77)


async def account(till: Till, purchase: Purchase) -> str:
    found = await till.rows(
        "SELECT billing_account_id AS id FROM billing.dues WHERE membership_id = :id",
        id=purchase.membership_id,
    )
    return str(found[0]["id"])


async def grant(
    till: Till, purchase: Purchase, amount: int = 1000, currency: str = "EUR", **more: object
) -> Any:
    answer = await till.post(
        f"/billing-accounts/{await account(till, purchase)}/credit",
        {"amount": {"amount": amount, "currency": currency}, "reason": "Closed", **more},
    )
    await till.settle()
    return answer


async def left(till: Till, purchase: Purchase) -> tuple[int, int]:
    """What there is to use up, and how much of it lies with the provider."""
    found = await till.get(f"/billing-accounts/{await account(till, purchase)}/credit")
    (only,) = found.json()["credits"]
    return only["balance"]["amount"], only["placed"]["amount"]


async def at_stripe(till: Till, purchase: Purchase) -> int:
    """What the provider holds for the customer."""
    found = await till.stripe.v1.subscriptions.retrieve_async(await till.subscription_id(purchase))
    customer = await till.stripe.v1.customers.retrieve_async(str(found.customer))
    return -(customer.balance or 0)


async def moved(till: Till, purchase: Purchase) -> list[tuple[str, int]]:
    found = await till.get(f"/billing-accounts/{await account(till, purchase)}/credit/movements")
    return [(each["kind"], each["amount"]["amount"]) for each in reversed(found.json()["items"])]


async def paid(till: Till, purchase: Purchase) -> list[tuple[str, int, int]]:
    found = await till.get(f"/memberships/{purchase.membership_id}")
    return [
        (each["method"], each["amount"]["amount"], each["taken_back"]["amount"])
        for each in found.json()["payments"]
    ]


async def test_credit_pays_the_next_claim_at_the_desk_and_the_invoice_stays_whole(
    till: Till,
) -> None:
    purchase = await joined(till)
    answer = await grant(till, purchase)
    assert (answer.status_code, answer.json()["amount"]) == (
        201,
        {"amount": 1000, "currency": "EUR"},
    )
    assert (await till.balances())["goodwill"] == 1000
    await till.advance(days=26)
    _, second = await claims(till, purchase)
    assert (second["amount"]["amount"], second["outstanding"]["amount"]) == (2990, 1990)
    assert (await till.rows("SELECT payable FROM billing.document ORDER BY id"))[-1] == {
        "payable": 2990
    }
    await receive(till, second["claim_id"], 1990)
    assert (await claims(till, purchase))[1]["status"] == "paid"
    assert await paid(till, purchase) == [("cash", 2990, 0), ("credit", 1000, 0), ("cash", 1990, 0)]
    assert await left(till, purchase) == (0, 0)
    assert await moved(till, purchase) == [("granted", 1000), ("used", -1000)]
    assert "receivable" not in await till.balances()
    assert await till.broken() == []


async def test_credit_that_covers_a_claim_pays_it_and_the_rest_stays(till: Till) -> None:
    purchase = await joined(till)
    await grant(till, purchase, 5000)
    await till.advance(days=26)
    assert [each["status"] for each in await claims(till, purchase)] == ["paid", "paid"]
    assert len(await till.events(PaymentSucceeded)) == 2
    assert await left(till, purchase) == (2010, 0)
    await till.advance(days=10)
    assert await till.events(DebtChanged) == []
    assert await till.broken() == []


async def test_a_first_claim_that_credit_covers_makes_the_contract_run(till: Till) -> None:
    person = new_id()
    purchase = await joined(till, person_id=person)
    await grant(till, purchase, 4000)
    second = till.sell(person_id=person)
    assert (await at_desk(till, second)).status_code == 201
    (claim,) = await claims(till, second)
    assert claim["status"] == "paid"
    assert (await till.events(PaymentSucceeded))[-1].membership_id == second.membership_id
    assert await left(till, purchase) == (1010, 0)
    assert await till.broken() == []


async def test_a_claim_that_is_dropped_returns_the_credit_that_paid_it(till: Till) -> None:
    purchase = await joined(till)
    await grant(till, purchase, 5000)
    await till.advance(days=26)
    (first, second) = await claims(till, purchase)
    await till.hear(contract.ends(purchase, till.clock.now() + timedelta(days=1)))
    assert [each["status"] for each in await claims(till, purchase)] == ["paid", "void"]
    assert await left(till, purchase) == (5000, 0)
    assert await moved(till, purchase) == [("granted", 5000), ("used", -2990), ("returned", 2990)]
    assert await till.broken() == []
    assert first["status"] == second["status"] == "paid"


async def test_a_refund_of_what_credit_paid_gives_credit_back(till: Till) -> None:
    purchase = await joined(till)
    await grant(till, purchase, 2990)
    await till.advance(days=26)
    _, second = await claims(till, purchase)
    back = await till.post(f"/claims/{second['claim_id']}/refunds", {"amount": 990})
    assert (back.status_code, back.json()["status"]) == (201, "succeeded")
    assert await left(till, purchase) == (990, 0)
    much = await till.post(f"/claims/{second['claim_id']}/refunds", {"amount": 2001})
    assert much.json()["code"] == "over_refund"
    assert await till.broken() == []
    (payment,) = await till.rows("SELECT id FROM billing.payment WHERE method = 'credit'")
    taken = await till.post(f"/payments/{payment['id']}/take-back", {"reason": "Slip"})
    assert (taken.status_code, taken.json()["code"]) == (409, "not_taken_back")


async def test_stripe_uses_credit_for_the_next_invoice_and_both_books_agree(till: Till) -> None:
    purchase = await till.subscribe()
    await grant(till, purchase)
    assert await left(till, purchase) == (1000, 1000)
    assert await at_stripe(till, purchase) == 1000
    await till.advance(days=32)
    _, second = await claims(till, purchase)
    assert (second["status"], second["amount"]["amount"]) == ("paid", 2990)
    assert sorted(await paid(till, purchase)) == [
        ("card", 1990, 0),
        ("card", 2990, 0),
        ("credit", 1000, 0),
    ]
    assert await left(till, purchase) == (0, 0)
    assert await at_stripe(till, purchase) == 0
    assert (await till.balances())["clearing stripe"] == 2990 + 1990
    assert "receivable" not in await till.balances()
    assert await till.broken() == []


async def test_stripe_goes_on_with_the_rest_of_a_credit_that_covers_an_invoice(till: Till) -> None:
    purchase = await till.subscribe()
    await grant(till, purchase, 5000)
    await till.advance(days=32)
    assert [each["status"] for each in await claims(till, purchase)] == ["paid", "paid"]
    assert await left(till, purchase) == (2010, 2010)
    await till.advance(days=31)
    assert await left(till, purchase) == (0, 0)
    assert sorted(await paid(till, purchase))[-2:] == [("credit", 2010, 0), ("credit", 2990, 0)]
    assert await till.broken() == []


async def test_a_refund_by_card_and_credit_gives_each_part_back_where_it_came_from(
    till: Till,
) -> None:
    purchase = await till.subscribe()
    await grant(till, purchase)
    await till.advance(days=32)
    _, second = await claims(till, purchase)
    for _ in range(2):
        back = await till.post(f"/claims/{second['claim_id']}/refunds", {})
        assert back.status_code == 201, back.text
        await till.settle()
    (claim,) = [
        each for each in await claims(till, purchase) if each["claim_id"] == second["claim_id"]
    ]
    assert claim["refunded"]["amount"] == 2990
    # It is with the provider again, for the invoice after.
    assert await left(till, purchase) == (1000, 1000)
    assert await at_stripe(till, purchase) == 1000
    assert await till.broken() == []


async def test_an_invoice_that_stripe_makes_void_returns_its_credit(till: Till) -> None:
    purchase = await till.subscribe()
    await till.use_card(purchase, "pm_card_chargeCustomerFail")
    await grant(till, purchase)
    await till.advance(days=32)
    _, second = await claims(till, purchase)
    assert (second["status"], second["outstanding"]["amount"]) == ("failed", 1990)
    assert await left(till, purchase) == (0, 0)
    (owed,) = (await till.stripe.v1.invoices.list_async({"status": "open"})).data
    await till.stripe.v1.invoices.void_invoice_async(owed.id or "")
    await till.settle()
    assert (await claims(till, purchase))[1]["status"] == "void"
    assert await left(till, purchase) == (1000, 1000)
    assert await at_stripe(till, purchase) == 1000
    assert (await till.events(DebtChanged))[-1].owed == Money(0, "EUR")
    assert await till.broken() == []


async def test_credit_granted_in_the_providers_dashboard_is_booked_when_it_is_used(
    till: Till,
) -> None:
    purchase = await till.subscribe()
    found = await till.stripe.v1.subscriptions.retrieve_async(await till.subscription_id(purchase))
    await till.stripe.v1.customers.balance_transactions.create_async(
        str(found.customer), {"amount": -500, "currency": "eur"}
    )
    await till.advance(days=32)
    assert await moved(till, purchase) == [("granted", 500), ("used", -500)]
    assert await left(till, purchase) == (0, 0)
    assert await till.broken() == []


async def test_yen_have_no_hundredths_on_their_way_to_stripe_and_back(till: Till) -> None:
    purchase = await till.subscribe(price=Money(3000, "JPY"))
    assert (await grant(till, purchase, 700, "JPY")).status_code == 201
    assert await at_stripe(till, purchase) == 700
    await till.advance(days=32)
    assert sorted(await paid(till, purchase))[:2] == [("card", 2300, 0), ("card", 3000, 0)]
    assert await left(till, purchase) == (0, 0)
    assert await till.broken() == []


async def test_a_provider_that_is_down_gets_the_credit_later_and_once(till: Till) -> None:
    purchase = await till.subscribe()
    found = await till.stripe.v1.subscriptions.retrieve_async(await till.subscription_id(purchase))
    path = f"/v1/customers/{found.customer}/balance_transactions"
    planned = await till.client.post(
        "/sandbox/stripe/faults",
        data={"kind": "error", "path": path, "after_effect": "true", "times": "3"},
        headers={"Authorization": "Bearer sk_test_sandbox"},
    )
    assert planned.status_code == 200
    await grant(till, purchase)
    assert await till.rows("SELECT state FROM billing.credit_placement") == [{"state": "asked"}]
    await till.advance(minutes=1)
    assert await till.rows("SELECT state FROM billing.credit_placement") == [{"state": "done"}]
    assert await at_stripe(till, purchase) == 1000
    assert await till.broken() == []


async def test_credit_waits_here_until_a_card_collects_and_comes_back_when_it_stops(
    till: Till,
) -> None:
    person = new_id()
    at_the_desk = await joined(till, person_id=person)
    await grant(till, at_the_desk)
    assert await left(till, at_the_desk) == (1000, 0)
    by_card = await till.subscribe(person_id=person)
    assert await left(till, by_card) == (1000, 1000)
    await till.hear(contract.is_over(by_card))
    assert await left(till, by_card) == (1000, 0)
    assert await at_stripe(till, by_card) == 0
    await till.advance(days=26)
    assert (await claims(till, at_the_desk))[1]["outstanding"]["amount"] == 1990
    assert await till.broken() == []


async def test_a_cause_grants_once_also_when_many_ask_at_once(till: Till) -> None:
    purchase = await joined(till)
    account_id, cause = UUID(await account(till, purchase)), new_id()

    async def once(amount: int = 500) -> Movement:
        async with till.runtime.begin(SERVICE) as uow:
            return await grant_credit(
                uow,
                account_id=account_id,
                legal_entity_id=MONTHLY.legal_entity_id,
                amount=Money(amount, "EUR"),
                reason="Downgrade",
                cause=cause,
            )

    granted = await asyncio.gather(*(once() for _ in range(6)))
    assert len({each.id for each in granted}) == 1
    assert await left(till, purchase) == (500, 0)
    with pytest.raises(EntryDiffers):
        await once(600)


async def test_claims_that_are_made_at_once_never_use_the_same_credit_twice(till: Till) -> None:
    person = new_id()
    purchase = await joined(till, person_id=person)
    await grant(till, purchase, 4000)
    waiting = [till.sell(person_id=person) for _ in range(5)]
    answers = await asyncio.gather(*(at_desk(till, each) for each in waiting))
    assert {each.status_code for each in answers} == {201}
    assert await left(till, purchase) == (0, 0)
    used = await till.rows("SELECT amount FROM billing.payment WHERE method = 'credit'")
    assert sorted(row["amount"] for row in used) == [1010, 2990]
    assert await till.broken() == []


async def test_what_cannot_be_granted_is_refused(till: Till) -> None:
    purchase = await joined(till)
    assert (await grant(till, purchase, 0)).status_code == 422
    assert (await grant(till, purchase, -5)).status_code == 422
    foreign = await grant(till, purchase, currency="USD")
    assert (foreign.status_code, foreign.json()["field"]) == (422, "amount")
    nobody = await till.post(
        f"/billing-accounts/{new_id()}/credit",
        {"amount": {"amount": 1, "currency": "EUR"}, "reason": "x"},
    )
    assert nobody.status_code == 404
    assert (await grant(till, purchase, legal_entity_id=str(OTHER_SELLER))).status_code == 404
    at = f"/billing-accounts/{await account(till, purchase)}/credit"
    body = {"amount": {"amount": 1, "currency": "EUR"}, "reason": "x"}
    assert (await till.post(at, body, "stranger")).status_code == 404
    assert (await till.post(at, body, "reader")).status_code == 403
    for path in (at, f"{at}/movements"):
        assert (await till.get(path, "stranger")).status_code == 404


async def test_a_payer_sees_their_own_credit_and_nobody_elses(till: Till) -> None:
    ada = new_id()
    mine, other = await joined(till, person_id=ada), await joined(till)
    for each in (mine, other):
        await grant(till, each)
    till.runtime.api(IdentityApi)._tokens["ada"] = Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=ada,
        within=(till.organisation,),
        scopes=("payments:read",),
    )
    own = f"/billing-accounts/{await account(till, mine)}/credit"
    seen = await till.get(own, "ada")
    assert [each["balance"]["amount"] for each in seen.json()["credits"]] == [1000]
    assert len((await till.get(f"{own}/movements", "ada")).json()["items"]) == 1
    foreign = f"/billing-accounts/{await account(till, other)}/credit"
    assert (await till.get(foreign, "ada")).status_code == 404


async def test_a_first_page_that_is_declined_uses_no_credit(till: Till) -> None:
    purchase, _ = await begin(till)
    assert (await grant(till, purchase)).status_code == 201
    other = till.sell(person_id=purchase.person_id)
    opened = await till.checkout(other)
    await till.client.post(opened.json()["url"], data={"card": DECLINED})
    await till.settle()
    assert await left(till, purchase) == (1000, 0)
