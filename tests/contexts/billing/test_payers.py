"""Who pays apart from who trains: accounts of other members and of households, and their change."""

from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from contexts.billing.test_desk import begin, claims, joined, receive
from contexts.billing.till import Till
from gymhopper.contracts.billing.events import PayerChanged, PaymentSucceeded
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.membership.api import Payer, Purchase
from gymhopper.kernel.ids import new_id


def sign_in(till: Till, person_id: UUID | None) -> str:
    """The token of a member's session."""
    assert person_id is not None
    till.runtime.api(IdentityApi)._tokens[str(person_id)] = Caller(  # type: ignore[attr-defined]  # the callers that tests know
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=person_id,
        within=(till.organisation,),
        scopes=("payments:read", "checkouts:write", "payers:write", "documents:read"),
    )
    return str(person_id)


async def hand_to(till: Till, purchase: Purchase, payer: Payer, caller: str = "desk") -> Any:
    return await till.client.put(
        f"/api/v1/payments/memberships/{purchase.membership_id}/payer",
        json={"kind": payer.kind, "id": str(payer.id)},
        headers={"Authorization": f"Bearer {caller}"},
    )


async def documents(till: Till, caller: str) -> list[dict[str, Any]]:
    found = await till.client.get(
        "/api/v1/payments/documents", headers={"Authorization": f"Bearer {caller}"}
    )
    assert found.status_code == 200, found.text
    return list(found.json()["items"])


async def seen_by(till: Till, purchase: Purchase, person_id: UUID | None) -> int:
    token = sign_in(till, person_id)
    answer = await till.get(f"/memberships/{purchase.membership_id}", token)
    return len(answer.json()["claims"]) if answer.status_code == httpx.codes.OK else 0


async def next_period(till: Till, purchase: Purchase) -> dict[str, Any]:
    """The claim for the month that comes, a week before it begins."""
    last = (await claims(till, purchase))[-1]
    await till.advance(days=25)
    found = (await claims(till, purchase))[-1]
    assert found["claim_id"] != last["claim_id"]
    return dict(found)


@pytest.mark.parametrize("kind", ["person", "household"])
async def test_whoever_pays_sees_the_claims_and_gets_the_documents_and_the_member_does_not(
    till: Till, kind: Any
) -> None:
    payer = till.memberships.known_payer(kind)
    purchase = await till.subscribe(payer=payer)
    assert await seen_by(till, purchase, payer.person_id) == 1
    assert await seen_by(till, purchase, purchase.person_id) == 0
    assert await documents(till, str(purchase.person_id)) == []
    (invoice,) = await documents(till, str(payer.person_id))
    (account,) = await till.rows("SELECT id, kind, person_id FROM billing.billing_account")
    assert (account["kind"], account["person_id"]) == (kind, payer.person_id)
    assert (account["id"] == payer.id) == (kind == "household")
    assert invoice["billing_account_id"] == str(account["id"])
    shown = await till.get(f"/documents/{invoice['document_id']}", str(payer.person_id))
    assert shown.json()["buyer"]["name"] == "Eva Zahlmann"
    (paid,) = await till.events(PaymentSucceeded)
    assert paid.membership_id == purchase.membership_id
    assert await till.broken() == []


async def test_a_household_has_one_account_and_one_customer_for_all_its_memberships(
    till: Till,
) -> None:
    payer = till.memberships.known_payer("household")
    for _ in range(3):
        await till.subscribe(payer=payer)
    (account,) = await till.rows("SELECT provider_customer_id FROM billing.billing_account")
    customers = await till.rows("SELECT DISTINCT customer_id FROM billing.subscription")
    assert customers == [{"customer_id": account["provider_customer_id"]}]
    assert len(await till.rows("SELECT id FROM billing.claim WHERE status = 'paid'")) == 3


async def test_whoever_pays_opens_the_page_and_strangers_do_not(till: Till) -> None:
    payer = till.memberships.known_payer("household")
    purchase = till.sell(payer=payer)
    price = {"amount": purchase.price.amount, "currency": purchase.price.currency}
    body = {"membership_id": str(purchase.membership_id), "price": price}
    stranger = sign_in(till, new_id())
    assert (await till.post("/checkouts", body, stranger)).status_code == 404
    opened = await till.post("/checkouts", body, sign_in(till, payer.person_id))
    assert opened.status_code == 201, opened.text


async def test_another_payer_owes_the_next_claim_and_nothing_of_the_last(till: Till) -> None:
    purchase = await joined(till)
    payer = till.memberships.known_payer("household")
    changed = await hand_to(till, purchase, payer)
    assert (changed.status_code, changed.json()["billing_account_id"]) == (200, str(payer.id))
    (told,) = await till.events(PayerChanged)
    assert (told.membership_id, told.kind, told.payer_id) == (
        purchase.membership_id,
        "household",
        payer.id,
    )
    second = await next_period(till, purchase)
    await receive(till, second["claim_id"])
    assert await seen_by(till, purchase, payer.person_id) == 1
    (old,) = await documents(till, sign_in(till, purchase.person_id))
    (new,) = await documents(till, sign_in(till, payer.person_id))
    assert (old["claim_id"] == second["claim_id"], new["claim_id"]) == (False, second["claim_id"])
    # Money that is given back for the first claim is the first payer's in the books, too.
    first = old["claim_id"]
    back = await till.post(f"/claims/{first}/refunds", {"amount": 500})
    assert back.status_code == 201, back.text
    await till.settle()
    entries = await till.rows(
        "SELECT DISTINCT a.of FROM billing.ledger_account AS a JOIN billing.ledger_posting AS p"
        " ON p.account_id = a.id JOIN billing.ledger_entry AS e ON e.id = p.entry_id"
        " WHERE a.kind = 'receivable' AND e.claim_id = CAST(:first AS uuid)",
        first=first,
    )
    assert str(payer.id) not in {row["of"] for row in entries}
    assert await till.broken() == []


async def test_a_payer_who_is_the_payer_already_changes_nothing(till: Till) -> None:
    purchase = await joined(till)
    payer = till.memberships.known_payer()
    await hand_to(till, purchase, payer)
    till.memberships.sold[purchase.membership_id] = _paid_by(purchase, payer)
    again = await hand_to(till, purchase, payer)
    assert again.status_code == 200
    assert len(await till.events(PayerChanged)) == 1


async def test_a_first_claim_that_nobody_paid_goes_to_the_new_payer(till: Till) -> None:
    purchase, claim = await begin(till)
    payer = till.memberships.known_payer()
    assert (await hand_to(till, purchase, payer)).status_code == 200
    await receive(till, claim["claim_id"])
    assert await seen_by(till, purchase, payer.person_id) == 1
    assert await documents(till, sign_in(till, purchase.person_id)) == []
    other, claim = await begin(till)
    await receive(till, claim["claim_id"], 1000)
    refused = await hand_to(till, other, payer)
    assert (refused.status_code, refused.json()["code"]) == (409, "debt_first")


async def test_what_is_overdue_is_paid_first_and_a_card_stays_whose_it_is(till: Till) -> None:
    purchase = await joined(till)
    payer = till.memberships.known_payer()
    second = await next_period(till, purchase)
    await till.advance(days=10)
    refused = await hand_to(till, purchase, payer)
    assert (refused.status_code, refused.json()["code"]) == (409, "debt_first")
    await receive(till, second["claim_id"])
    assert (await hand_to(till, purchase, payer)).status_code == 200
    carded = await till.subscribe()
    refused = await hand_to(till, carded, payer)
    assert (refused.status_code, refused.json()["code"]) == (409, "collected_by_card")
    assert await till.broken() == []


async def test_members_take_over_and_put_nothing_on_others(till: Till) -> None:
    purchase = await joined(till)
    other = till.memberships.known_payer()
    household = till.memberships.known_payer("household")
    mine = sign_in(till, purchase.person_id)
    assert (await hand_to(till, purchase, other, mine)).status_code == 404
    assert (await hand_to(till, purchase, household, mine)).status_code == 404
    # Somebody else does not even see it, but for who pays for the member's household.
    assert (await hand_to(till, purchase, other, sign_in(till, other.person_id))).status_code == 404
    taken = await hand_to(till, purchase, household, sign_in(till, household.person_id))
    assert taken.status_code == 200, taken.text
    till.memberships.sold[purchase.membership_id] = _paid_by(purchase, household)
    back = Payer(kind="person", id=purchase.member_id)
    assert (await hand_to(till, purchase, back, mine)).status_code == 200
    assert (await hand_to(till, purchase, back, "stranger")).status_code == 404
    unknown = Payer(kind="household", id=new_id())
    assert (await hand_to(till, purchase, unknown)).status_code == 404


def _paid_by(purchase: Purchase, payer: Payer) -> Purchase:
    return msgspec.structs.replace(purchase, payer=payer)
