"""Credit that comes pays first what is owed already."""

import asyncio
from datetime import timedelta

from contexts.billing import contract
from contexts.billing.samples import MONTHLY
from contexts.billing.test_credit import account, at_stripe, grant, left, moved, paid
from contexts.billing.test_credit_placed import open_other
from contexts.billing.test_desk import begin, claims, joined, receive
from contexts.billing.test_disputes import take_back
from contexts.billing.test_payers import hand_to
from contexts.billing.till import FAILS_LATER, Till
from gymhopper.contracts.billing.events import DebtChanged
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

NOTHING = Money(0, "EUR")


async def test_at_the_desk_credit_pays_what_is_owed_the_oldest_first(till: Till) -> None:
    purchase = await joined(till)
    await till.advance(days=70)
    _, second, third = (await claims(till, purchase))[:3]
    assert (second["status"], third["status"]) == ("failed", "failed")
    await grant(till, purchase, 4000)
    _, second, third = (await claims(till, purchase))[:3]
    assert (second["status"], third["outstanding"]["amount"]) == ("paid", 5980 - 4000)
    assert await left(till, purchase) == (0, 0)
    assert await moved(till, purchase) == [("granted", 4000), ("used", -2990), ("used", -1010)]
    owed = (await till.events(DebtChanged))[-1].owed.amount
    assert (await till.balances())["receivable"] == owed
    assert await till.broken() == []


async def test_a_debt_that_credit_covers_is_cleared_and_the_rest_stays(till: Till) -> None:
    purchase = await joined(till)
    await till.advance(days=40)
    assert (await till.events(DebtChanged))[-1].owed == Money(2990, "EUR")
    await asyncio.gather(*(grant(till, purchase, 2000) for _ in range(3)))
    assert (await till.events(DebtChanged))[-1].owed == NOTHING
    assert await left(till, purchase) == (3010, 0)
    by_credit = [each for each in await paid(till, purchase) if each[0] == "credit"]
    assert sum(amount for _, amount, _ in by_credit) == 2990
    assert await till.broken() == []


async def test_a_membership_that_waits_for_its_first_payment_takes_no_credit(till: Till) -> None:
    person = new_id()
    purchase = await joined(till, person_id=person)
    other, _ = await begin(till, person_id=person)
    await grant(till, purchase, 4000)
    assert [each["status"] for each in await claims(till, other)] == ["open"]
    assert await left(till, purchase) == (4000, 0)


async def test_what_an_invoice_of_stripes_still_asks_for_is_left_to_its_card(till: Till) -> None:
    purchase = await till.subscribe(FAILS_LATER)
    await till.advance(days=31)
    assert (await till.events(DebtChanged))[-1].owed == Money(2990, "EUR")
    await grant(till, purchase, 4000)
    assert (await till.events(DebtChanged))[-1].owed == Money(2990, "EUR")
    assert await left(till, purchase) == (4000, 4000)
    assert await at_stripe(till, purchase) == 4000
    assert await till.broken() == []


async def test_what_a_bank_took_back_is_paid_out_of_credit(till: Till) -> None:
    purchase = await till.subscribe()
    await till.advance(days=20)
    await take_back(till)
    await grant(till, purchase, 4000)
    assert (await till.events(DebtChanged))[-1].owed == NOTHING
    assert await left(till, purchase) == (1010, 1010)
    assert await at_stripe(till, purchase) == 1010
    assert await till.broken() == []


async def test_a_part_paid_in_cash_is_completed_by_credit(till: Till) -> None:
    purchase = await joined(till)
    await till.advance(days=40)
    second = (await claims(till, purchase))[1]
    await receive(till, second["claim_id"], 1000)
    await grant(till, purchase, 2000)
    assert (await claims(till, purchase))[1]["status"] == "paid"
    assert await left(till, purchase) == (10, 0)
    assert await till.broken() == []


async def test_what_lies_with_a_provider_pays_nothing_at_the_desk(till: Till) -> None:
    person = new_id()
    by_card = await till.subscribe(person_id=person)
    await grant(till, by_card)
    await begin(till, person_id=person)
    assert await left(till, by_card) == (1000, 1000)
    assert await moved(till, by_card) == [("granted", 1000)]


async def test_one_sellers_credit_pays_no_other_seller(till: Till) -> None:
    other = await open_other(till)
    person = new_id()
    purchase = await joined(till, person_id=person)
    await grant(till, purchase)
    elsewhere, claim = await begin(till, person_id=person, legal_entity_id=other)
    assert claim["outstanding"]["amount"] == 2990
    await receive(till, claim["claim_id"])
    await till.advance(days=26)
    assert (await claims(till, elsewhere))[1]["outstanding"]["amount"] == 2990
    assert (await claims(till, purchase))[1]["outstanding"]["amount"] == 1990
    assert await till.broken() == []


async def test_the_credit_of_whoever_owes_a_claim_pays_it_and_gets_it_back(till: Till) -> None:
    purchase = await joined(till)
    before = await account(till, purchase)
    await till.advance(days=26)
    assert (await hand_to(till, purchase, till.memberships.known_payer())).status_code == 200
    path = f"/billing-accounts/{before}/credit"
    for asked in (before, await account(till, purchase)):
        body = {"amount": {"amount": 4000, "currency": "EUR"}, "reason": "Closed"}
        body |= {"legal_entity_id": str(MONTHLY.legal_entity_id)}
        answer = await till.post(f"/billing-accounts/{asked}/credit", body)
        assert answer.status_code == 201, answer.text
        await till.settle()
    assert (await claims(till, purchase))[1]["status"] == "paid"
    (own,) = (await till.get(path)).json()["credits"]
    assert (own["balance"]["amount"], await left(till, purchase)) == (1010, (4000, 0))
    await till.hear(contract.ends(purchase, till.clock.now() + timedelta(days=1)))
    (own,) = (await till.get(path)).json()["credits"]
    assert (own["balance"]["amount"], await left(till, purchase)) == (4000, (4000, 0))
    assert await till.broken() == []
