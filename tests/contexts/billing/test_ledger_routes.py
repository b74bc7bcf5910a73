"""What the books say, to whom, and in which form."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from contexts.billing.ledger_desk import (
    BOOKS,
    CLAIM,
    ENTITY,
    MARCH,
    PAYER,
    SECOND_ENTITY,
    Desk,
    matter,
)
from gymhopper.contexts.billing.domain import bookings
from gymhopper.contexts.billing.domain.ledger import CASH


async def test_the_trial_balance_says_what_every_account_holds(desk: Desk) -> None:
    await desk.a_month()
    answer = (await desk.get("/trial-balance")).json()
    [books] = answer["books"]
    assert (books["legal_entity_id"], books["currency"]) == (str(ENTITY), "EUR")
    assert books["difference"] == {"amount": 0, "currency": "EUR"}
    shown = {(each["kind"], each["of"]): each["closing"]["amount"] for each in books["lines"]}
    assert shown == {
        ("receivable", ""): 2990,
        ("clearing", "stripe"): -1500,
        ("cash", ""): 2990,
        ("fees", ""): 1500,
        ("revenue", "membership"): -5026,
        ("tax", "standard"): -954,
    }


async def test_a_period_opens_with_what_was_there_and_closes_before_its_end(desk: Desk) -> None:
    await desk.a_month()
    answer = await desk.get(
        "/trial-balance",
        **{
            "from": (MARCH + timedelta(days=1)).isoformat(),
            "until": (MARCH + timedelta(days=9)).isoformat(),
        },
    )
    [books] = answer.json()["books"]
    lines = {each["kind"]: each for each in books["lines"]}
    owed = {
        key: lines["receivable"][key]["amount"] for key in ("opening", "debit", "credit", "closing")
    }
    assert owed == {"opening": 2990, "debit": 2990, "credit": 5980, "closing": 0}
    assert books["difference"]["amount"] == 0
    assert "fees" not in lines
    assert lines["revenue"]["account_class"] == "income"


async def test_books_are_apart_by_legal_entity_and_currency(desk: Desk) -> None:
    for books in (
        BOOKS,
        replace(BOOKS, legal_entity_id=SECOND_ENTITY),
        replace(BOOKS, currency="JPY"),
    ):
        await desk.post(bookings.payment(matter(books=books), 10, CASH))
    assert len((await desk.get("/trial-balance")).json()["books"]) == 3
    of_one = (await desk.get("/trial-balance", legal_entity_id=str(ENTITY))).json()["books"]
    assert [each["currency"] for each in of_one] == ["EUR", "JPY"]


async def test_entries_come_in_pages_by_claim_and_by_payer(desk: Desk) -> None:
    await desk.a_month()
    first = (await desk.get("/entries", claim_id=str(CLAIM), limit=3)).json()
    rest = (
        await desk.get("/entries", claim_id=str(CLAIM), limit=3, cursor=first["next_cursor"])
    ).json()
    kinds = [each["kind"] for each in [*first["items"], *rest["items"]]]
    assert kinds == ["payment_taken_back", "payment", "invoice", "payment", "invoice"]
    assert rest["next_cursor"] is None
    mine = (await desk.get("/entries", billing_account_id=str(PAYER))).json()["items"]
    assert [each["kind"] for each in mine] == ["payment_taken_back", "payment", "invoice"]
    assert sum(each["amount"]["amount"] for each in mine[0]["postings"]) == 0
    paid = (await desk.get("/entries", kind="payment")).json()["items"]
    assert len(paid) == 2


async def test_a_file_has_every_posting_with_its_side(desk: Desk) -> None:
    await desk.a_month()
    await desk.post(bookings.payment(matter(books=replace(BOOKS, currency="JPY")), 500, CASH))
    answer = await desk.get("/entries/export")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 15
    assert {
        (row["account"], row["debit"], row["credit"]) for row in rows if row["kind"] == "invoice"
    } == {
        ("receivable", "29.90", ""),
        ("revenue", "", "25.13"),
        ("tax", "", "4.77"),
    }
    assert {row["debit"] for row in rows if row["currency"] == "JPY"} == {"500", ""}
    balance = await desk.get("/trial-balance/export", legal_entity_id=str(ENTITY))
    lines = list(csv.DictReader(io.StringIO(balance.text)))
    assert [row["closing"] for row in lines if row["account"] == "cash"] == ["29.90", "500"]


async def test_nobody_else_sees_the_books(desk: Desk) -> None:
    await desk.a_month()
    assert (await desk.get("/trial-balance", "stranger")).json()["books"] == []
    assert (await desk.get("/entries", "stranger")).json()["items"] == []
    assert len((await desk.get("/entries/export", "stranger")).text.splitlines()) == 1
    assert (await desk.get("/trial-balance", "without")).status_code == 403
    assert (await desk.get("/trial-balance", "second")).json()["books"] == []
    refused = await desk.get("/entries", "second", legal_entity_id=str(ENTITY))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_place")


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "until"),
        ({"until": "2026-03-01T00:00:00"}, "until"),
        ({"legal_entity": str(ENTITY)}, "legal_entity"),
    ],
)
async def test_a_question_with_a_slip_is_refused(
    desk: Desk, params: dict[str, str], field: str
) -> None:
    for path in ("/trial-balance", "/trial-balance/export", "/entries", "/entries/export"):
        answer = await desk.get(path, **params)
        assert answer.status_code == 422, path
        assert field in answer.text
