"""A claim whose payment was taken back is paid again, and the bank may still find for us."""

from typing import Any

from contexts.billing.test_credit import at_stripe, left, moved
from contexts.billing.test_desk import begin, claims, receive
from contexts.billing.test_disputes import take_back
from contexts.billing.till import FAILS_LATER, Till
from gymhopper.contracts.billing.events import DebtChanged, PaymentSucceeded
from gymhopper.contracts.membership.api import Purchase
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


async def test_what_a_provider_still_asks_for_is_not_taken_at_the_desk(till: Till) -> None:
    purchase = await till.subscribe(FAILS_LATER)
    await till.advance(days=31)
    failed = (await claims(till, purchase))[-1]
    refused = await receive(till, failed["claim_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "not_for_the_desk")
