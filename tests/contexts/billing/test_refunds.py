"""Money that goes back."""

import pytest

from contexts.billing.till import Till
from gymhopper.contracts.billing.events import PaymentRefunded
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.errors import Unavailable
from gymhopper.kernel.ids import new_id


async def claim_of(till: Till, purchase: Purchase) -> str:
    """The id of the membership's first claim."""
    shown = (await till.get(f"/memberships/{purchase.membership_id}")).json()
    return str(shown["claims"][0]["claim_id"])


async def test_partial_refunds_add_up_and_each_is_told_once(till: Till) -> None:
    purchase = await till.subscribe()
    claim_id = await claim_of(till, purchase)
    for amount in (1000, 500):
        asked = await till.post(f"/claims/{claim_id}/refunds", {"amount": amount})
        assert (asked.status_code, asked.json()["status"]) == (201, "requested")
        await till.settle()
    rest = await till.post(f"/claims/{claim_id}/refunds", {"access": "end_now"})
    assert rest.json()["amount"] == {"amount": 1490, "currency": "EUR"}
    await till.settle()
    told = await till.events(PaymentRefunded)
    assert [(each.amount.amount, each.access) for each in told] == [
        (1000, "keep"),
        (500, "keep"),
        (1490, "end_now"),
    ]
    shown = (await till.get(f"/memberships/{purchase.membership_id}")).json()
    assert shown["claims"][0]["refunded"]["amount"] == 2990
    assert {each["status"] for each in shown["refunds"]} == {"succeeded"}


async def test_more_than_was_paid_never_goes_back(till: Till) -> None:
    claim_id = await claim_of(till, await till.subscribe())
    too_much = await till.post(f"/claims/{claim_id}/refunds", {"amount": 2991})
    assert (too_much.status_code, too_much.json()["code"]) == (422, "over_refund")
    # What was only asked for counts already.
    assert (await till.post(f"/claims/{claim_id}/refunds", {"amount": 2000})).status_code == 201
    again = await till.post(f"/claims/{claim_id}/refunds", {"amount": 2000})
    assert (again.status_code, again.json()["code"]) == (422, "over_refund")
    assert (await till.post(f"/claims/{claim_id}/refunds", {})).json()["amount"]["amount"] == 990
    nothing_left = await till.post(f"/claims/{claim_id}/refunds", {})
    assert (nothing_left.status_code, nothing_left.json()["code"]) == (409, "not_refundable")
    await till.settle()
    assert sum(each.amount.amount for each in await till.events(PaymentRefunded)) == 2990


async def test_a_refund_made_in_the_providers_dashboard_keeps_access(till: Till) -> None:
    purchase = await till.subscribe()
    (payment,) = await till.rows("SELECT provider_payment_id FROM billing.payment")
    await till.stripe.v1.refunds.create_async(
        {"payment_intent": payment["provider_payment_id"], "amount": 700}
    )
    await till.settle()
    (told,) = await till.events(PaymentRefunded)
    assert (told.amount.amount, told.access) == (700, "keep")
    shown = (await till.get(f"/memberships/{purchase.membership_id}")).json()
    assert shown["claims"][0]["refunded"]["amount"] == 700


async def test_a_refund_that_the_provider_refuses_fails_with_its_reason(till: Till) -> None:
    purchase = await till.subscribe()
    claim_id = await claim_of(till, purchase)
    (payment,) = await till.rows("SELECT provider_payment_id FROM billing.payment")
    await till.stripe.v1.refunds.create_async(
        {"payment_intent": payment["provider_payment_id"], "amount": 2000}
    )
    # The dashboard's refund is not known here yet.
    assert (await till.post(f"/claims/{claim_id}/refunds", {"amount": 2000})).status_code == 201
    await till.settle()
    shown = (await till.get(f"/memberships/{purchase.membership_id}")).json()
    by_status = {each["status"]: each for each in shown["refunds"]}
    assert "greater than unrefunded amount" in by_status["failed"]["failure"]
    assert shown["claims"][0]["refunded"]["amount"] == 2000
    assert len(await till.events(PaymentRefunded)) == 1


@pytest.mark.parametrize("caller", ["stranger", "desk"])
async def test_a_foreign_or_unknown_claim_is_not_found(till: Till, caller: str) -> None:
    claim_id = await claim_of(till, await till.subscribe())
    wanted = claim_id if caller == "stranger" else str(new_id())
    answer = await till.post(f"/claims/{wanted}/refunds", {}, caller)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_refund_waits_for_a_provider_that_is_down(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_id = await claim_of(till, await till.subscribe())
    provider = till.provider

    async def down(*_: object, **__: object) -> None:
        raise Unavailable("The payment provider cannot be reached now.")

    with monkeypatch.context() as broken:
        broken.setattr(provider, "refund", down)
        await till.post(f"/claims/{claim_id}/refunds", {"amount": 100})
        await till.settle()
        for _ in range(3):
            await till.advance(hours=1)
    assert await till.events(PaymentRefunded) == []
    await till.advance(hours=1)
    assert len(await till.events(PaymentRefunded)) == 1
    await till.advance(hours=1)
    assert await till.rows("SELECT 1 FROM chassis.timer WHERE key <> ''") == []
