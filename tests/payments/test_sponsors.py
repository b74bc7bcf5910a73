"""Sponsors are asked for what their people cost, and what they owe closes the doors they pay for.

Every test also ends with all promises kept (`conftest.py`).
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from gymhopper.contracts.membership.events import MembershipTimeGivenBack
from gymhopper.kernel.calendar import local_date
from payments.studio import Json, Studio

ZONE = "Europe/Vienna"
TEXTS = {"terms": "t-1", "privacy": "p-1", "language": "en"}
FIRM = {"remind": {"after_days": 0}, "no_entry": {"after_days": 5}}
"""What a debt leads to where the tests say nothing else."""


async def sponsor_of(studio: Studio, **plan: Any) -> str:
    sold = await studio.plan(**plan)
    body = {"name": "Engines Ltd", "plan_id": sold["id"], "price_id": sold["prices"][0]["id"]}
    made = await studio.call("POST", "/sponsors", body, expect=201)
    await studio.settle()
    return str(made["id"])


async def agree(studio: Studio, of: str, *, expect: int = 200, **terms: Any) -> Json:
    body = {"share": {"percent": 100}, "debt": FIRM} | terms
    kept = await studio.call("PUT", f"/sponsors/{of}/terms", body, expect=expect)
    await studio.settle()
    return kept


async def push(
    studio: Studio, of: str, *names: str, kind: str = "changes", days: int = 700
) -> Json:
    """A roster of these people, worked on."""
    made = await studio.call("POST", f"/sponsors/{of}/rosters", {"kind": kind, **TEXTS}, expect=201)
    today = local_date(studio.clock.now(), ZONE)
    rows = [
        {
            "external_id": each,
            "first_name": "Ada",
            "last_name": "Byron",
            "starts_on": today.isoformat(),
            "ends_on": (today + timedelta(days=days)).isoformat(),
        }
        for each in names
    ]
    if rows:
        await studio.call("POST", f"/rosters/{made['id']}/entries", {"entries": rows}, expect=200)
    await studio.call("POST", f"/rosters/{made['id']}/submit", expect=202)
    while (done := await studio.call("GET", f"/rosters/{made['id']}", expect=200))[
        "status"
    ] != "done":
        await studio.advance(seconds=1)
    return done


async def people(studio: Studio, of: str) -> dict[str, str]:
    """The memberships on the account, by the sponsor's own names."""
    rows = await studio.rows(
        "SELECT external_id, membership_id FROM membership.sponsored WHERE sponsor_id = :id",
        id=UUID(of),
    )
    return {row["external_id"]: str(row["membership_id"]) for row in rows}


async def account(studio: Studio, of: str) -> Json:
    return await studio.call("GET", f"/payments/sponsors/{of}", expect=200)


async def claims(studio: Studio, of: str) -> list[Json]:
    """The oldest first."""
    found = await studio.call("GET", f"/payments/sponsors/{of}/claims", expect=200)
    return list(reversed(found["items"]))


async def coming(studio: Studio, of: str) -> Json:
    return await studio.call("GET", f"/payments/sponsors/{of}/next-claim", expect=200)


async def month_ends(studio: Studio, of: str) -> None:
    """Let time pass until the month is asked for."""
    await studio.reach((await coming(studio, of))["until"])
    await studio.advance(seconds=2)


async def pay(studio: Studio, claim: Json, amount: int | None = None, *, expect: int = 201) -> Json:
    """A transfer of the amount, or of all that is outstanding."""
    wanted = claim["outstanding"]["amount"] if amount is None else amount
    body = {"amount": {"amount": wanted, "currency": "EUR"}, "method": "transfer"}
    path = f"/payments/claims/{claim['claim_id']}/payments"
    paid = await studio.call("POST", path, body, expect=expect)
    await studio.settle()
    await studio.advance(seconds=2)
    return paid


async def test_a_month_is_one_claim_with_one_invoice_that_is_paid_by_transfer(
    studio: Studio,
) -> None:
    of = await sponsor_of(studio)
    await push(studio, of, "E-1", "E-2", "E-3")
    foreseen = await coming(studio, of)
    assert foreseen["amount"]["amount"] == 3 * 2990
    assert [each["count"] for each in foreseen["periods"]] == [3]
    await month_ends(studio, of)
    (claim,) = await claims(studio, of)
    assert claim["amount"] == foreseen["amount"]
    assert (claim["start"], claim["until"]) == (foreseen["start"], foreseen["until"])
    assert claim["status"] == "open"
    assert len(claim["lines"]) == 3
    document = await studio.call("GET", f"/payments/documents/{claim['document_id']}", expect=200)
    assert document["buyer"]["name"] == "Engines Ltd"
    assert sorted(each["text"] for each in document["lines"]) == [
        f"Basic, E-{number}" for number in (1, 2, 3)
    ]
    assert document["kind"] == "invoice"
    # What lies in the clear names nobody.
    assert {each["text"] for each in claim["lines"]} == {"Basic"}
    await pay(studio, claim, 2990)
    await pay(studio, claim, 2 * 2990)
    (claim,) = await claims(studio, of)
    assert (claim["status"], claim["outstanding"]["amount"]) == ("paid", 0)
    for each in (await people(studio, of)).values():
        assert await studio.door(each) is None


async def test_invoices_are_made_out_as_the_sponsor_wants_them(studio: Studio) -> None:
    of = await sponsor_of(studio)
    buyer = {
        "name": "Analytical Engines Ltd",
        "lines": ["1 Dorset Street"],
        "postal_code": "W1U 6QG",
        "city": "London",
        "country": "GB",
        "tax_ids": [{"kind": "gb_vat", "value": "GB123456789"}],
        "email": "accounts@engines.example",
    }
    path = f"/payments/billing-accounts/{of}/bill-to"
    await studio.call("PUT", path, buyer, expect=200)
    await push(studio, of, "E-1")
    await month_ends(studio, of)
    kept = await studio.call("GET", path, expect=200)
    assert {each: kept[each] for each in buyer} == buyer
    (claim,) = await claims(studio, of)
    document = await studio.call("GET", f"/payments/documents/{claim['document_id']}", expect=200)
    assert document["buyer"]["name"] == buyer["name"]
    assert document["buyer"]["tax_ids"] == buyer["tax_ids"]
    await studio.call("PUT", path, buyer | {"email": "no address"}, expect=422)


async def test_a_debt_closes_the_doors_after_its_days_and_paying_opens_them_again(
    studio: Studio,
) -> None:
    of = await sponsor_of(studio)
    await agree(studio, of, pays_within_days=10)
    await push(studio, of, "E-1", "E-2")
    await month_ends(studio, of)
    (claim,) = await claims(studio, of)
    (first, second) = (await people(studio, of)).values()
    await studio.reach(claim["due_at"])
    assert (await account(studio, of))["owed"]["amount"] == 2 * 2990
    stands = await studio.call("GET", f"/sponsors/{of}/terms", expect=200)
    assert [each["stage"] for each in stands["stages"]] == ["remind", "no_entry"]
    assert stands["owed"]["amount"] == 2 * 2990
    await studio.advance(days=4)
    assert await studio.door(first) is None
    await studio.advance(days=1, seconds=1)
    assert await studio.door(first) == "SPONSOR_SUSPENDED"
    assert await studio.door(second) == "SPONSOR_SUSPENDED"
    # A part of it opens nothing.
    await pay(studio, claim, 100)
    assert await studio.door(first) == "SPONSOR_SUSPENDED"
    (claim,) = await claims(studio, of)
    await pay(studio, claim)
    assert await studio.door(first) is None
    assert await studio.door(second) is None
    assert (await account(studio, of))["overdue_since"] is None


async def test_paying_does_not_lift_what_staff_set_by_hand_nor_staff_what_is_owed(
    studio: Studio,
) -> None:
    of = await sponsor_of(studio)
    await agree(studio, of)
    await push(studio, of, "E-1")
    (membership,) = (await people(studio, of)).values()
    await month_ends(studio, of)
    (claim,) = await claims(studio, of)
    await studio.reach(claim["due_at"])
    await studio.advance(days=6)
    await studio.call("POST", f"/sponsors/{of}/suspend", expect=200)
    await studio.advance(seconds=2)
    await studio.call("POST", f"/sponsors/{of}/resume", expect=200)
    await studio.advance(seconds=2)
    assert await studio.door(membership) == "SPONSOR_SUSPENDED"
    await studio.call("POST", f"/sponsors/{of}/suspend", expect=200)
    await studio.advance(seconds=2)
    await pay(studio, claim)
    assert await studio.door(membership) == "SPONSOR_SUSPENDED"
    await studio.call("POST", f"/sponsors/{of}/resume", expect=200)
    await studio.advance(seconds=2)
    assert await studio.door(membership) is None


async def test_an_old_debt_lets_nobody_new_in_and_ends_the_coverage_at_last(
    studio: Studio,
) -> None:
    of = await sponsor_of(studio)
    stages = {"no_new_members": {"after_days": 2}, "end": {"after_days": 9}}
    await agree(studio, of, debt=stages)
    await push(studio, of, "E-1", "E-2")
    await month_ends(studio, of)
    (claim,) = await claims(studio, of)
    await studio.reach(claim["due_at"])
    assert (await push(studio, of, "E-3"))["added"] == 1
    await studio.advance(days=3)
    refused = await push(studio, of, "E-4")
    assert (refused["added"], refused["refused"]) == (0, 1)
    errors = await studio.call("GET", f"/rosters/{refused['id']}/errors", expect=200)
    assert errors["items"][0]["code"] == "sponsor_overdue"
    # Who is known may stay longer or shorter.
    assert (await push(studio, of, "E-1", days=300))["changed"] == 1
    (first, *_) = (await people(studio, of)).values()
    assert await studio.door(first) is None
    await studio.advance(days=7)
    assert await studio.door(first) == "MEMBERSHIP_EXPIRED"
    assert {
        (await studio.membership(each))["contract"] for each in (await people(studio, of)).values()
    } == {"ended"}
    # What is owed stays, and once it is paid a roster begins anew.
    await pay(studio, claim)
    assert (await push(studio, of, "E-1"))["added"] == 1


async def test_the_member_pays_what_the_sponsor_does_not(studio: Studio) -> None:
    of = await sponsor_of(studio)
    await agree(studio, of, share={"percent": 60})
    await push(studio, of, "E-1", "E-2")
    foreseen = await coming(studio, of)
    await month_ends(studio, of)
    (claim,) = await claims(studio, of)
    assert claim["amount"]["amount"] == foreseen["amount"]["amount"] == 2 * 1794
    first, second = (await people(studio, of)).values()
    (own,) = await studio.claims(first)
    assert own["amount"]["amount"] == 2990 - 1794
    assert own["status"] == "open"
    assert (await claims(studio, of))[0]["lines"][0]["start"] == own["lines"][0]["start"]
    shown = await studio.call("GET", f"/payments/sponsors/{of}/periods", expect=200)
    assert {each["own"]["amount"] for each in shown["items"]} == {1196}
    await pay(studio, own)
    # Who pays nothing stands before the door after the plan's days of grace; the sponsor owes none.
    await pay(studio, claim)
    await studio.advance(days=8)
    assert await studio.door(second) is None
    await studio.advance(days=8)
    assert await studio.door(second) == "PAYMENT_PAST_DUE"
    assert await studio.door(first) is None


async def test_of_what_a_member_pays_beside_a_sponsor_nothing_is_given_back_by_itself(
    studio: Studio,
) -> None:
    of = await sponsor_of(studio)
    await agree(studio, of, share={"percent": 60})
    await push(studio, of, "E-1")
    (membership,) = (await people(studio, of)).values()
    began = local_date(studio.clock.now(), ZONE)
    await month_ends(studio, of)
    (own,) = await studio.claims(membership)
    await pay(studio, own)
    ill = {"start": f"{began}", "until": f"{began + timedelta(days=9)}", "reason": "In hospital"}
    await studio.call("POST", f"/memberships/{membership}/freezes", ill, expect=201)
    await studio.settle()
    (told,) = await studio.rows(
        "SELECT type FROM bus.event WHERE type LIKE 'membership.membership.time%'"
    )
    assert told["type"] == MembershipTimeGivenBack.type
    assert await studio.rows("SELECT 1 FROM billing.credit_movement") == []


async def test_another_share_counts_for_the_periods_that_begin_from_then_on(
    studio: Studio,
) -> None:
    of = await sponsor_of(studio)
    await push(studio, of, "E-1")
    await studio.advance(days=1)
    await agree(studio, of, share={"amount": {"amount": 1000, "currency": "EUR"}})
    await month_ends(studio, of)
    await month_ends(studio, of)
    first, second = await claims(studio, of)
    assert (first["amount"]["amount"], second["amount"]["amount"]) == (2990, 1000)


async def test_who_joins_or_leaves_within_a_month_is_asked_for_by_the_periods_that_began(
    studio: Studio,
) -> None:
    of = await sponsor_of(studio)
    await push(studio, of, "E-1", "E-2")
    await studio.advance(days=3)
    await push(studio, of, "E-3")
    # E-2 leaves: the period that had begun is asked for, and no other.
    await push(studio, of, "E-1", "E-3", kind="full")
    await month_ends(studio, of)
    await month_ends(studio, of)
    first, second = await claims(studio, of)
    assert first["amount"]["amount"] == 3 * 2990
    assert second["amount"]["amount"] == 2 * 2990


async def test_a_month_without_anybody_is_not_asked_for(studio: Studio) -> None:
    of = await sponsor_of(studio)
    await month_ends(studio, of)
    await month_ends(studio, of)
    assert await claims(studio, of) == []
    assert (await studio.numbers()) == {}


async def test_what_is_given_back_or_given_up_or_taken_back_is_as_with_any_claim(
    studio: Studio,
) -> None:
    of = await sponsor_of(studio)
    await agree(studio, of)
    await push(studio, of, "E-1")
    await month_ends(studio, of)
    (claim,) = await claims(studio, of)
    paid = await pay(studio, claim)
    path = f"/payments/claims/{claim['claim_id']}"
    refused = await studio.call("POST", f"{path}/refunds", {"access": "end_now"}, expect=409)
    assert refused["code"] == "not_refundable"
    await studio.call("POST", f"{path}/refunds", {"amount": 500}, expect=201)
    await studio.settle()
    assert (await studio.numbers()) == {"invoice": 1, "credit_note": 1}
    await month_ends(studio, of)
    _, second = await claims(studio, of)
    taken = await pay(studio, second)
    assert paid["method"] == taken["method"] == "transfer"
    await studio.call(
        "POST",
        f"/payments/payments/{taken['payment_id']}/take-back",
        {"reason": "Returned by the bank"},
        expect=200,
    )
    await studio.settle()
    assert (await account(studio, of))["owed"]["amount"] == 2990
    await studio.call(
        "POST",
        f"/payments/claims/{second['claim_id']}/write-off",
        {"reason": "Insolvent"},
        expect=200,
    )
    await studio.settle()
    assert (await account(studio, of))["owed"]["amount"] == 0


async def test_terms_that_say_nothing_or_both_are_refused(studio: Studio) -> None:
    of = await sponsor_of(studio)
    amount = {"amount": 1000, "currency": "EUR"}
    await agree(studio, of, share={}, expect=422)
    await agree(studio, of, share={"percent": 50, "amount": amount}, expect=422)
    await agree(studio, of, share={"percent": 101}, expect=422)
    await agree(studio, of, share={"amount": amount | {"currency": "CHF"}}, expect=422)


async def test_a_dry_run_of_terms_leaves_everything_as_it_was(studio: Studio) -> None:
    of = await sponsor_of(studio)
    before = await studio.call("GET", f"/sponsors/{of}/terms", expect=200)
    answer = await studio.client.put(
        f"/api/v1/sponsors/{of}/terms",
        json={"share": {"percent": 10}, "debt": {}},
        headers={"Authorization": "Bearer desk", "Dry-Run": "true"},
    )
    assert answer.json()["shares"][-1]["percent"] == 10
    assert await studio.call("GET", f"/sponsors/{of}/terms", expect=200) == before
