"""Money that goes back."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from contexts.billing import contract
from contexts.billing.test_credit import left, moved
from contexts.billing.test_desk import begin, claims, joined, reach, receive
from contexts.billing.test_fees import FEE, freeze_fee
from contexts.billing.test_kills import only_hear
from contexts.billing.test_plan_changes import Change, plan
from contexts.billing.test_time_given_back import VIENNA, given_back
from contexts.billing.till import Till
from gymhopper.contexts.billing.domain.errors import ProviderRefused
from gymhopper.contracts.billing.events import PaymentRefunded, PaymentSucceeded
from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.events import (
    MembershipCreditsRefunded,
    MembershipTimeGivenBack,
    MembershipWithdrawn,
)
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.errors import Unavailable
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


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
    assert shown["claims"][0]["refundable"]["amount"] == 990
    assert len(await till.events(PaymentRefunded)) == 1
    assert await till.broken() == []


async def test_what_the_provider_will_not_give_back_is_not_on_its_way(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = await till.subscribe()
    claim_id = await claim_of(till, purchase)

    async def refuses(*_: object, **__: object) -> None:
        raise ProviderRefused("The charge is too old.")

    with monkeypatch.context() as broken:
        broken.setattr(till.provider, "refund", refuses)
        await till.post(f"/claims/{claim_id}/refunds", {"amount": 2000})
        await till.settle()
    assert await till.broken() == []
    await till.hear(await days_back(till, purchase, 7))
    (claim,) = await claims(till, purchase)
    assert claim["credited"]["amount"] > 600


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


BOTH = pytest.mark.parametrize("way", ["desk", "card"])


async def paid_by(till: Till, way: str) -> Purchase:
    """A membership whose first month was paid: 2990 for March's 31 days."""
    return await joined(till) if way == "desk" else await till.subscribe()


async def days_back(till: Till, purchase: Purchase, days: int) -> MembershipTimeGivenBack:
    """So many days from the eighth of the period on could not be used."""
    first = (await till.events(PaymentSucceeded))[0]
    return given_back(purchase, first.start + timedelta(days=7), days)


async def credited(till: Till, purchase: Purchase) -> int:
    return sum(amount for kind, amount in await moved(till, purchase) if kind == "granted")


async def refund(till: Till, purchase: Purchase, **body: Any) -> Any:
    answer = await till.post(f"/claims/{await claim_of(till, purchase)}/refunds", body)
    await till.settle()
    return answer


@BOTH
async def test_what_is_credit_since_does_not_go_back_as_money(till: Till, way: str) -> None:
    purchase = await paid_by(till, way)
    await till.hear(await days_back(till, purchase, 7))
    credit = await credited(till, purchase)
    (claim,) = await claims(till, purchase)
    assert (claim["credited"]["amount"], claim["refundable"]["amount"]) == (credit, 2990 - credit)
    much = await refund(till, purchase, amount=2990 - credit + 1)
    assert (much.status_code, much.json()["code"]) == (422, "over_refund")
    assert much.json()["detail"] == (
        f"At most {Money(2990 - credit, 'EUR')} can be given back."
        f" {Money(credit, 'EUR')} is account credit already."
    )
    assert (await refund(till, purchase)).json()["amount"]["amount"] == 2990 - credit
    (claim,) = await claims(till, purchase)
    assert (claim["refunded"]["amount"], claim["refundable"]["amount"]) == (2990 - credit, 0)
    nothing = await refund(till, purchase)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "not_refundable")
    assert str(Money(credit, "EUR")) in nothing.json()["detail"]
    assert await till.broken() == []


@BOTH
async def test_days_are_credited_at_what_was_not_refunded_and_never_beyond(
    till: Till, way: str
) -> None:
    purchase = await paid_by(till, way)
    await till.hear(await days_back(till, purchase, 7))
    await refund(till, purchase, amount=1000)
    await till.hear(await days_back(till, purchase, 60))
    await refund(till, purchase)
    await till.hear(given_back(purchase, (await till.events(PaymentSucceeded))[0].start, 60))
    (claim,) = await claims(till, purchase)
    credit = await credited(till, purchase)
    assert claim["credited"]["amount"] == credit > 1300
    assert claim["refunded"]["amount"] + credit == 2990
    assert await till.broken() == []


@pytest.mark.parametrize("amount", [1000, None])
async def test_what_is_on_its_way_back_is_not_credited_too(till: Till, amount: int | None) -> None:
    purchase = await till.subscribe()
    claim_id = await claim_of(till, purchase)
    asked = await till.post(f"/claims/{claim_id}/refunds", {"amount": amount})
    assert asked.json()["status"] == "requested"
    await till.hear(await days_back(till, purchase, 7))
    (claim,) = await claims(till, purchase)
    assert claim["refunded"]["amount"] == (amount or 2990)
    assert claim["credited"]["amount"] == (449 if amount else 0)
    assert await till.broken() == []


@BOTH
async def test_a_refund_and_days_given_back_at_once_do_not_both_have_the_money(
    till: Till, way: str
) -> None:
    purchase = await paid_by(till, way)
    told = await days_back(till, purchase, 7)
    claim_id = await claim_of(till, purchase)
    await asyncio.gather(till.post(f"/claims/{claim_id}/refunds", {}), only_hear(till, told))
    await till.settle()
    (claim,) = await claims(till, purchase)
    assert claim["refunded"]["amount"] + claim["credited"]["amount"] == 2990
    assert await till.broken() == []


async def cheaper_in_march(till: Till) -> Purchase:
    """2990 from the 2nd of March on; the 21 days from the 12th on became credit, 2025."""
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    await reach(till, start_of_day(date(2026, 3, 12), VIENNA))
    await Change(till, purchase, plan(1990, "Light")).now()
    return purchase


async def test_what_a_dearer_plan_left_over_does_not_go_back_as_money(till: Till) -> None:
    purchase = await cheaper_in_march(till)
    first, _ = await claims(till, purchase)
    assert (first["credited"]["amount"], first["refundable"]["amount"]) == (2025, 965)
    assert (await refund(till, purchase)).json()["amount"]["amount"] == 965
    assert await till.broken() == []


def withdrawn(purchase: Purchase, days: int, of: int, **state: Any) -> MembershipWithdrawn:
    return MembershipWithdrawn(
        membership=contract.state(purchase, **state), given_back_days=days, of_days=of
    )


@BOTH
async def test_a_withdrawal_from_all_gives_back_what_is_not_credited(till: Till, way: str) -> None:
    purchase = await paid_by(till, way)
    await till.hear(await days_back(till, purchase, 7))
    await till.hear(withdrawn(purchase, 1, 1))
    (claim,) = await claims(till, purchase)
    assert claim["credited"]["amount"] > 600
    assert claim["refunded"]["amount"] == 2990 - claim["credited"]["amount"]


async def test_a_withdrawal_gives_back_the_days_to_come_whatever_was_credited_before(
    till: Till,
) -> None:
    purchase = await joined(till, starts_on=date(2026, 3, 2))
    start = start_of_day(date(2026, 3, 3), VIENNA)
    await till.hear(given_back(purchase, start, 4))
    await till.hear(withdrawn(purchase, 20, 31, end=start + timedelta(days=9)))
    (claim,) = await claims(till, purchase)
    assert claim["credited"]["amount"] == 386
    # 20 of 31 days: those that were credited were over.
    assert claim["refunded"]["amount"] == 1929


async def test_a_withdrawal_gives_back_every_payment_and_no_fee_and_leaves_the_door_alone(
    till: Till,
) -> None:
    purchase, claim = await begin(till)
    for amount in (1000, 1990):
        await receive(till, claim["claim_id"], amount)
    await till.hear(freeze_fee(purchase))
    await receive(till, (await claims(till, purchase))[-1]["claim_id"], FEE.amount)
    await till.hear(withdrawn(purchase, 1, 1))
    first, fee = await claims(till, purchase)
    assert (first["refunded"]["amount"], fee["refunded"]["amount"]) == (2990, 0)
    assert [each.access for each in await till.events(PaymentRefunded)] == ["keep", "keep"]
    assert await till.broken() == []


async def test_a_withdrawal_counts_no_payment_that_the_bank_took_back(till: Till) -> None:
    purchase, claim = await begin(till)
    paid = (await receive(till, claim["claim_id"], method="transfer")).json()
    path = f"/payments/{paid['payment_id']}/take-back"
    assert (await till.post(path, {"reason": "Returned"})).status_code == 200
    await receive(till, claim["claim_id"])
    await till.hear(withdrawn(purchase, 20, 31, end=start_of_day(date(2026, 3, 12), VIENNA)))
    assert (await claims(till, purchase))[0]["refunded"]["amount"] == 1929
    assert await till.broken() == []


async def test_a_withdrawal_gives_back_no_day_that_a_dearer_plan_left_over(till: Till) -> None:
    purchase = await cheaper_in_march(till)
    credit, _ = await left(till, purchase)
    await till.hear(withdrawn(purchase, 21, 31, end=start_of_day(date(2026, 3, 11), VIENNA)))
    first, second = await claims(till, purchase)
    assert first["refunded"]["amount"] == 0
    # What credit paid is credit again.
    assert second["refunded"]["amount"] == 913
    assert await left(till, purchase) == (credit + 913, 0)
    assert await till.broken() == []


@BOTH
async def test_credits_that_are_paid_back_are_no_more_than_is_not_credited(
    till: Till, way: str
) -> None:
    purchase = await paid_by(till, way)
    await till.hear(await days_back(till, purchase, 7))
    (claim,) = await claims(till, purchase)
    await till.hear(
        MembershipCreditsRefunded(
            membership=contract.state(purchase),
            lot_id=new_id(),
            refund_id=new_id(),
            claim_id=claim["claim_id"],
            units=10,
            amount=Money(2990, "EUR"),
        )
    )
    (after,) = await claims(till, purchase)
    assert after["refunded"] == claim["refundable"]
    assert 0 < after["refunded"]["amount"] < 2990
