"""Every claim in the law's documents and in the ledger, whoever collects it."""

from typing import Any

from contexts.billing import contract
from contexts.billing.test_desk import begin, claims, receive
from contexts.billing.till import FAILS_LATER, Till
from gymhopper.kernel.money import Money


async def documents(till: Till) -> list[tuple[str, int]]:
    rows = await till.rows("SELECT number, payable FROM billing.document ORDER BY issued_at, id")
    return [(row["number"], row["payable"]) for row in rows]


async def test_a_card_payment_is_invoiced_and_booked_once_however_often_it_is_told(
    till: Till,
) -> None:
    purchase = await till.subscribe(joining_fee=Money(1200, "EUR"))
    year = till.clock.now().year
    assert await documents(till) == [(f"INV-{year}-000001", 4190)]
    books = await till.balances()
    assert books == {
        "clearing stripe": 4190,
        "revenue membership": -2492,
        "revenue joining_fee": -1000,
        "tax 20": -698,
    }
    await till.rows(
        "UPDATE billing.webhook_event SET state = 'received', handled_at = NULL, due_at = :now"
        " RETURNING 1",
        now=till.clock.now(),
    )
    await till.advance(minutes=10)
    assert (await till.balances(), len(await documents(till))) == (books, 1)
    (claim,) = await claims(till, purchase)
    assert [each["kind"] for each in claim["lines"]] == ["period", "joining_fee"]
    assert claim["document_id"] is not None
    assert await till.broken() == []


async def test_a_failed_renewal_is_owed_in_the_books_until_it_is_paid(till: Till) -> None:
    purchase = await till.subscribe(FAILS_LATER)
    await till.advance(days=31)
    assert (await till.balances())["receivable"] == 2990
    assert len(await documents(till)) == 2
    assert await till.broken() == []
    await till.use_card(purchase, "pm_card_visa")
    await till.advance(days=3)
    assert "receivable" not in await till.balances()
    assert (await till.balances())["clearing stripe"] == 5980
    assert await till.broken() == []


async def test_refunds_in_parts_are_credited_in_parts_and_the_cents_come_out(till: Till) -> None:
    purchase = await till.subscribe()
    (claim,) = await claims(till, purchase)
    for amount in (1000, 995, None):
        answer = await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": amount})
        assert answer.status_code == 201
        await till.settle()
    year = till.clock.now().year
    assert await documents(till) == [
        (f"INV-{year}-000001", 2990),
        (f"CN-{year}-000001", 1000),
        (f"CN-{year}-000002", 995),
        (f"CN-{year}-000003", 995),
    ]
    assert await till.balances() == {}
    assert await till.broken() == []


async def test_the_desks_books_are_the_same_as_the_cards(till: Till) -> None:
    _, claim = await begin(till)
    assert await documents(till) == []
    await receive(till, claim["claim_id"], 1000)
    assert await till.balances() == {"cash": 1000, "receivable": -1000}
    assert await till.broken() == []
    paid: dict[str, Any] = (await receive(till, claim["claim_id"], 1990, "transfer")).json()
    assert await till.balances() == {
        "cash": 1000,
        "bank": 1990,
        "revenue membership": -2492,
        "tax 20": -498,
    }
    await till.post(f"/payments/{paid['payment_id']}/take-back", {"reason": "Returned"})
    assert (await till.balances())["receivable"] == 1990
    assert await till.broken() == []
    await receive(till, claim["claim_id"], 1990)
    back = await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": 2990})
    assert back.status_code == 422
    for _ in range(2):
        back = await till.post(f"/claims/{claim['claim_id']}/refunds", {})
        assert back.status_code == 201
    assert await till.balances() == {}
    assert await till.broken() == []


async def test_what_is_asked_for_no_more_is_credited(till: Till) -> None:
    purchase, claim = await begin(till)
    await receive(till, claim["claim_id"])
    await till.advance(days=26)
    assert len(await documents(till)) == 2
    await till.hear(contract.is_over(purchase))
    assert [payable for _, payable in await documents(till)] == [2990, 2990, 2990]
    assert "receivable" not in await till.balances()
    assert await till.broken() == []


async def test_tokyo_pays_whole_yen(till: Till) -> None:
    """A currency without a minor unit is neither multiplied nor divided on its way."""
    purchase = await till.subscribe(price=Money(9800, "JPY"))
    (claim,) = await claims(till, purchase)
    assert claim["amount"] == {"amount": 9800, "currency": "JPY"}
    assert (await till.balances())["clearing stripe"] == 9800
    assert await till.broken() == []


async def test_tax_on_top_of_a_price_is_added_when_it_is_sold(till: Till) -> None:
    """A net price of 24.92 is charged as 29.90, and the invoice finds the 24.92 again."""
    await till.subscribe(price=Money(2492, "EUR"), tax_included=False)
    assert await till.balances() == {
        "clearing stripe": 2990,
        "revenue membership": -2492,
        "tax 20": -498,
    }
