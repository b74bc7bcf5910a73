"""A payment that its payer takes back through the bank, weeks after it was made."""

import pytest

from contexts.billing.test_desk import claims
from contexts.billing.till import Till
from gymhopper.chassis.auth import SERVICE
from gymhopper.contracts.billing.events import (
    DebtChanged,
    PaymentFailed,
    PaymentSucceeded,
    PaymentTakenBack,
)
from gymhopper.kernel.money import Money
from gymhopper.sandbox.stripe.billing.disputes import open_dispute
from gymhopper.sandbox.stripe.storage.store import Store


async def take_back(till: Till) -> str:
    """The payer disputes the newest charge; returns the dispute."""
    (newest, *_) = (await till.stripe.v1.charges.list_async()).data
    async with till.runtime.database.transaction(SERVICE) as connection:
        store = Store(connection, int(till.clock.now().timestamp()))
        await open_dispute(
            store, await store.get("charge", newest.id, param="charge"), reason="fraudulent"
        )
    await till.settle()
    (dispute,) = (await till.stripe.v1.disputes.list_async()).data
    return str(dispute.id)


async def test_a_dispute_weeks_later_opens_the_claim_and_the_clock_starts_then(till: Till) -> None:
    purchase = await till.subscribe()
    await till.advance(days=20)
    paid = await till.balances()
    await take_back(till)
    (event,) = await till.events(PaymentTakenBack)
    assert (event.taken_back, event.because) == (Money(2990, "EUR"), "dispute: fraudulent")
    (debt,) = await till.events(DebtChanged)
    assert (debt.owed, debt.overdue_since) == (Money(2990, "EUR"), till.clock.now())
    assert await till.events(PaymentFailed) == []
    (claim,) = await claims(till, purchase)
    assert (claim["status"], claim["outstanding"]["amount"]) == ("failed", 2990)
    after = await till.balances()
    assert (after.get("clearing stripe", 0), after["receivable"]) == (0, 2990)
    assert paid["clearing stripe"] == 2990
    assert await till.broken() == []

    # Its own news, and what is told again, change nothing more.
    await till.advance(days=1)
    assert len(await till.events(PaymentTakenBack)) == 1
    refund = await till.post(f"/claims/{claim['claim_id']}/refunds", {})
    assert (refund.status_code, refund.json()["code"]) == (409, "not_refundable")


@pytest.mark.parametrize(("evidence", "owed"), [("winning_evidence", 0), ("losing_evidence", 2990)])
async def test_what_the_bank_decides_is_followed(till: Till, evidence: str, owed: int) -> None:
    purchase = await till.subscribe()
    await till.advance(days=20)
    before = await till.balances()
    dispute = await take_back(till)
    await till.stripe.v1.disputes.update_async(
        dispute, {"evidence": {"uncategorized_text": evidence}, "submit": True}
    )
    await till.advance(days=2)
    assert (await till.events(DebtChanged))[-1].owed == Money(owed, "EUR")
    assert (await claims(till, purchase))[0]["outstanding"]["amount"] == owed
    assert len(await till.events(PaymentSucceeded)) == 1
    told = [each.taken_back.amount for each in await till.events(PaymentTakenBack)]
    assert told == ([2990, 0] if owed == 0 else [2990])
    assert (await till.balances() == before) == (owed == 0)
    assert await till.broken() == []
