"""A claim whose payment was taken back is paid again, and the bank may still find for us."""

from typing import Any

import pytest

from contexts.billing.test_credit import at_stripe, left, moved
from contexts.billing.test_desk import begin, claims, receive
from contexts.billing.test_disputes import take_back
from contexts.billing.till import FAILS_LATER, GOOD, Till
from contexts.billing.wallet import sign_in
from gymhopper.contexts.billing.usecases.reconcile import reconcile
from gymhopper.contracts.billing.events import DebtChanged, PaymentSucceeded
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

NOTHING = Money(0, "EUR")


async def reopened(till: Till) -> tuple[Purchase, Any, str]:
    """A claim that a card paid and the bank took back; with the dispute."""
    purchase = await till.subscribe()
    await till.advance(days=20)
    dispute = await take_back(till)
    (claim,) = await claims(till, purchase)
    return purchase, claim, dispute


async def decide(till: Till, dispute: str, evidence: str = "winning_evidence") -> None:
    await till.stripe.v1.disputes.update_async(
        dispute, {"evidence": {"uncategorized_text": evidence}, "submit": True}
    )
    await till.advance(days=2)


async def test_what_a_bank_took_back_is_paid_at_the_desk(till: Till) -> None:
    purchase, claim, dispute = await reopened(till)
    assert (await receive(till, claim["claim_id"], 1000)).status_code == 201
    assert (await till.events(DebtChanged))[-1].owed == Money(1990, "EUR")
    too_much = await receive(till, claim["claim_id"], 1991)
    assert (too_much.status_code, too_much.json()["code"]) == (422, "over_payment")
    assert (await receive(till, claim["claim_id"], 1990)).status_code == 201
    assert (await till.events(DebtChanged))[-1].owed == NOTHING
    assert (await claims(till, purchase))[0]["status"] == "paid"
    # It was told when it was paid for the first time.
    assert len(await till.events(PaymentSucceeded)) == 1
    found = await till.balances()
    assert (found["cash"], found.get("clearing stripe", 0), "receivable" in found) == (
        2990,
        0,
        False,
    )
    await decide(till, dispute, "losing_evidence")
    assert (await claims(till, purchase))[0]["status"] == "paid"
    assert await till.broken() == []


async def test_a_dispute_that_is_won_after_it_was_paid_again_leaves_credit(till: Till) -> None:
    purchase, claim, dispute = await reopened(till)
    await receive(till, claim["claim_id"], 1000)
    await receive(till, claim["claim_id"], 1990)
    await decide(till, dispute)
    assert await moved(till, purchase) == [("overpaid", 2990)]
    assert await left(till, purchase) == (2990, 2990)
    assert await at_stripe(till, purchase) == 2990
    found = await till.balances()
    assert (found["cash"], found["clearing stripe"], "receivable" in found) == (2990, 2990, False)
    # Money can go back, but not what is credit by now.
    back = await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": 2991})
    assert (back.status_code, back.json()["code"]) == (422, "over_refund")
    await till.advance(days=11)
    assert await left(till, purchase) == (0, 0)
    assert [each["status"] for each in await claims(till, purchase)] == ["paid", "paid"]
    assert (await till.balances())["clearing stripe"] == 2990
    assert await till.broken() == []


async def test_neither_what_the_bank_has_nor_what_is_credit_goes_back_as_money(till: Till) -> None:
    _, claim, dispute = await reopened(till)
    path = f"/claims/{claim['claim_id']}/refunds"
    nothing = await till.post(path, {})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "not_refundable")
    for amount in (1000, 1990):
        await receive(till, claim["claim_id"], amount)
    await decide(till, dispute)
    assert (await till.post(path, {"amount": 2990})).status_code == 201
    more = await till.post(path, {"amount": 1})
    assert (more.status_code, more.json()["code"]) == (409, "not_refundable")
    assert await till.broken() == []


async def test_a_part_that_was_paid_again_is_all_that_is_left_over(till: Till) -> None:
    purchase, claim, dispute = await reopened(till)
    await receive(till, claim["claim_id"], 1000)
    await decide(till, dispute)
    assert await moved(till, purchase) == [("overpaid", 1000)]
    assert (await till.events(DebtChanged))[-1].owed == NOTHING
    assert await till.broken() == []


async def test_credit_that_was_left_over_goes_again_with_its_payment(till: Till) -> None:
    """As far as it is here: what lies with the provider pays the next invoice."""
    purchase, claim, dispute = await reopened(till)
    entered = (await receive(till, claim["claim_id"])).json()
    await till.stripe.v1.subscriptions.cancel_async(await till.subscription_id(purchase))
    await till.settle()
    await decide(till, dispute)
    assert await left(till, purchase) == (2990, 0)
    taken = await till.post(f"/payments/{entered['payment_id']}/take-back", {"reason": "A slip"})
    assert taken.status_code == 200, taken.text
    assert await moved(till, purchase) == [("overpaid", 2990), ("reclaimed", -2990)]
    assert (await claims(till, purchase))[0]["status"] == "paid"
    assert "cash" not in await till.balances()
    assert await till.broken() == []


async def test_credit_that_was_used_up_meanwhile_is_owed(till: Till) -> None:
    purchase, claim, dispute = await reopened(till)
    entered = (await receive(till, claim["claim_id"])).json()
    await decide(till, dispute)
    await till.post(f"/payments/{entered['payment_id']}/take-back", {"reason": "A slip"})
    assert await left(till, purchase) == (2990, 2990)
    assert (await till.events(DebtChanged))[-1].owed == Money(2990, "EUR")
    assert (await claims(till, purchase))[0]["outstanding"]["amount"] == 2990
    assert await till.broken() == []
    await receive(till, claim["claim_id"])
    assert (await till.events(DebtChanged))[-1].owed == NOTHING
    assert await till.broken() == []


async def test_at_the_desk_a_transfer_that_was_returned_is_paid_again(till: Till) -> None:
    _, claim = await begin(till)
    entered = (await receive(till, claim["claim_id"])).json()
    await till.post(f"/payments/{entered['payment_id']}/take-back", {"reason": "Returned"})
    assert (await till.events(DebtChanged))[-1].owed == Money(2990, "EUR")
    await receive(till, claim["claim_id"])
    assert (await till.events(DebtChanged))[-1].owed == NOTHING
    assert len(await till.events(PaymentSucceeded)) == 1
    assert (await till.balances())["cash"] == 2990
    assert await till.broken() == []


async def page_of(till: Till, claim: Any, caller: str = "desk") -> str:
    answer = await till.post(f"/claims/{claim['claim_id']}/page", {}, caller)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


async def pay_on(till: Till, url: str) -> None:
    """The webhooks wait for `settle`."""
    paid = await till.client.post(url, data={"card": GOOD})
    assert paid.status_code == 303, paid.text


async def returned(till: Till) -> tuple[Purchase, Any]:
    """A claim at the desk whose transfer came back."""
    purchase, claim = await begin(till)
    entered = (await receive(till, claim["claim_id"], method="transfer")).json()
    await till.post(f"/payments/{entered['payment_id']}/take-back", {"reason": "Returned"})
    return purchase, (await claims(till, purchase))[0]


@pytest.mark.parametrize("gateway", ["card", "desk"])
async def test_what_was_taken_back_is_paid_by_card_on_a_page(till: Till, gateway: str) -> None:
    if gateway == "card":
        purchase, claim, _ = await reopened(till)
    else:
        purchase, claim = await returned(till)
    page = await page_of(till, claim)
    assert await page_of(till, claim) == page
    await pay_on(till, page)
    await till.settle()
    assert (await till.events(DebtChanged))[-1].owed == NOTHING
    found = (await claims(till, purchase))[0]
    assert (found["status"], found["outstanding"]["amount"]) == ("paid", 0)
    assert len(await till.events(PaymentSucceeded)) == 1
    balances = await till.balances()
    assert (balances["clearing stripe"], "receivable" in balances) == (2990, False)
    again = await till.post(f"/claims/{claim['claim_id']}/page", {})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_pay")
    assert await till.broken() == []


async def test_a_page_asks_for_what_is_left_to_pay(till: Till) -> None:
    purchase, claim, _ = await reopened(till)
    whole = await page_of(till, claim)
    await receive(till, claim["claim_id"], 990)
    rest = await page_of(till, claim)
    assert rest != whole
    await pay_on(till, rest)
    await till.settle()
    assert (await till.balances())["clearing stripe"] == 2000
    assert (await claims(till, purchase))[0]["status"] == "paid"
    assert [
        each["status"] for each in await till.rows("SELECT status FROM billing.claim_page")
    ] == [
        "expired",
        "complete",
    ]
    assert await till.broken() == []


async def test_a_page_that_is_paid_after_the_desk_was_leaves_credit(till: Till) -> None:
    purchase, claim, dispute = await reopened(till)
    page = await page_of(till, claim)
    await receive(till, claim["claim_id"])
    await pay_on(till, page)
    await till.settle()
    assert await moved(till, purchase) == [("overpaid", 2990)]
    await decide(till, dispute)
    assert await moved(till, purchase) == [("overpaid", 2990), ("overpaid", 2990)]
    assert await till.broken() == []


async def test_what_was_paid_on_a_page_is_disputed_and_given_back_like_any_other(
    till: Till,
) -> None:
    purchase, claim, _ = await reopened(till)
    await pay_on(till, await page_of(till, claim))
    await till.settle()
    back = await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": 990})
    assert back.status_code == 201, back.text
    # It is known when it was asked for, before a webhook tells of it.
    await till.work()
    assert (await claims(till, purchase))[0]["refunded"]["amount"] == 990
    await till.settle()
    assert (await claims(till, purchase))[0]["refunded"]["amount"] == 990
    assert (await till.balances())["clearing stripe"] == 2000
    assert await till.broken() == []


async def test_what_was_paid_on_a_page_is_disputed_again_and_paid_again(till: Till) -> None:
    purchase, claim = await returned(till)
    await pay_on(till, await page_of(till, claim))
    await till.settle()
    await take_back(till)
    assert (await till.events(DebtChanged))[-1].owed == Money(2990, "EUR")
    assert "clearing stripe" not in await till.balances()
    await pay_on(till, await page_of(till, claim))
    await till.settle()
    assert (await till.events(DebtChanged))[-1].owed == NOTHING
    assert (await claims(till, purchase))[0]["status"] == "paid"
    assert await till.broken() == []


async def test_a_page_whose_webhooks_were_lost_is_found_by_the_comparison(till: Till) -> None:
    purchase, claim, _ = await reopened(till)
    await pay_on(till, await page_of(till, claim))
    report = await reconcile(till.runtime, till.provider)
    assert [each.verdict for each in report.findings] == ["repaired"]
    assert (await claims(till, purchase))[0]["status"] == "paid"
    await till.settle()
    assert (await till.balances())["clearing stripe"] == 2990
    assert await till.broken() == []


async def test_members_open_pages_for_their_own_claims_alone(till: Till) -> None:
    purchase, claim, _ = await reopened(till)
    sign_in(till, "ada", purchase.person_id)
    sign_in(till, "eve", new_id())
    assert await page_of(till, claim, "ada") == await page_of(till, claim)
    refused = await till.post(f"/claims/{claim['claim_id']}/page", {}, "eve")
    assert refused.status_code == 404


async def test_what_a_provider_still_asks_for_is_not_taken_at_the_desk(till: Till) -> None:
    purchase = await till.subscribe(FAILS_LATER)
    await till.advance(days=31)
    failed = (await claims(till, purchase))[-1]
    refused = await receive(till, failed["claim_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "not_for_the_desk")
