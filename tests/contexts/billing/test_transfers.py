"""A membership goes over to somebody else: every period is charged once, and to whoever has it."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from contexts.billing import contract
from contexts.billing.test_collection import at_stripe
from contexts.billing.test_desk import VIENNA, at_desk, claims, joined, midnight, reach, receive
from contexts.billing.test_kills import only_hear
from contexts.billing.till import FAILS_LATER, GOOD, Till
from gymhopper.contracts.billing.events import DebtChanged
from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.discount import Discount
from gymhopper.contracts.membership.events import MembershipEnded, MembershipTransferred
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.ids import new_id
from gymhopper.sandbox.stripe.billing.clock import BillingClock


async def hand_over(
    till: Till, purchase: Purchase, *, alone: bool = False, **changes: Any
) -> Purchase:
    """What membership tells of it: the old one has ended, the new one goes on. `alone`: what else
    there is to hear waits."""
    heir = till.sell(
        **{
            "contract": "active",
            "taken_over": True,
            "plan_id": purchase.plan_id,
            "starts_on": till.clock.now().date(),
            "periods": purchase.periods,
            "kind": purchase.kind,
            **changes,
        }
    )
    till.memberships.sold[purchase.membership_id] = msgspec.structs.replace(
        purchase, contract="ended"
    )
    payer = heir.paid_by
    assert payer.member_id is not None
    assert payer.person_id is not None
    now = till.clock.now()
    went_over = MembershipTransferred(
        membership=contract.state(heir, start=now),
        from_membership_id=purchase.membership_id,
        from_person_id=purchase.person_id,
        payer_kind="household" if payer.kind == "household" else "person",
        payer_id=payer.id,
        payer_member_id=payer.member_id,
        payer_person_id=payer.person_id,
    )
    ended = MembershipEnded(
        membership=contract.state(
            purchase, contract="ended", end=now.replace(microsecond=0), end_reason="transferred"
        )
    )
    for told in (ended, went_over, went_over):
        await (only_hear(till, told) if alone else till.hear(told))
    return heir


async def periods(till: Till, *purchases: Purchase) -> list[dict[str, Any]]:
    """What was asked for periods of all of them, and for money."""
    found = [claim for each in purchases for claim in await claims(till, each)]
    asked = [x for x in found if x["status"] != "void" and x["amount"]["amount"]]
    return sorted(asked, key=lambda each: str(each["start"]))


async def owed_by(till: Till, purchase: Purchase) -> set[Any]:
    rows = await till.rows(
        "SELECT DISTINCT person_id FROM billing.claim WHERE membership_id = :id",
        id=purchase.membership_id,
    )
    return {each["person_id"] for each in rows}


async def test_at_the_desk_the_next_period_is_the_receivers_and_none_is_asked_for_twice(
    till: Till,
) -> None:
    giver = await joined(till, starts_on=date(2026, 3, 31))
    await till.advance(days=12)
    receiver = await hand_over(till, giver)
    assert await periods(till, receiver) == []
    for _ in range(12):
        await till.advance(days=7)
        for claim in await claims(till, receiver):
            if claim["status"] != "paid":
                await receive(till, claim["claim_id"])
    asked = await periods(till, giver, receiver)
    assert all(one["until"] == other["start"] for one, other in pairwise(asked))
    # The calendar is the contract's own: 31 March, 30 April, 31 May.
    assert [each["start"] for each in asked][:3] == [
        midnight(date(2026, 3, 31)),
        midnight(date(2026, 4, 30)),
        midnight(date(2026, 5, 31)),
    ]
    assert len(await claims(till, giver)) == 1
    assert await owed_by(till, receiver) == {receiver.person_id}
    refused = await at_desk(till, receiver)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_subscribed")
    assert await till.broken() == []


async def test_a_period_asked_for_ahead_is_the_givers_when_it_was_paid_else_the_receivers(
    till: Till,
) -> None:
    first = await joined(till, starts_on=date(2026, 3, 2))
    second = await joined(till, starts_on=date(2026, 3, 2))
    await reach(till, start_of_day(date(2026, 3, 26), VIENNA))
    ahead = (await claims(till, second))[-1]
    await receive(till, ahead["claim_id"])
    heirs = [await hand_over(till, each) for each in (first, second)]
    await reach(till, start_of_day(date(2026, 4, 26), VIENNA))
    starts = [[each["start"] for each in await periods(till, heir)] for heir in heirs]
    assert starts == [
        [midnight(date(2026, 4, 2)), midnight(date(2026, 5, 2))],
        [midnight(date(2026, 5, 2))],
    ]
    assert [len(await periods(till, each)) for each in (first, second)] == [1, 2]
    assert await till.broken() == []


async def test_what_the_giver_owes_stays_the_givers_and_is_not_asked_of_the_receiver(
    till: Till,
) -> None:
    giver = await joined(till, starts_on=date(2026, 3, 2))
    await reach(till, start_of_day(date(2026, 4, 3), VIENNA))
    receiver = await hand_over(till, giver)
    owed = (await till.events(DebtChanged))[-1]
    assert (owed.membership_id, owed.owed.amount) == (giver.membership_id, 2990)
    await reach(till, start_of_day(date(2026, 4, 26), VIENNA))
    assert [each["start"] for each in await periods(till, receiver)] == [midnight(date(2026, 5, 2))]
    await receive(till, (await periods(till, giver))[-1]["claim_id"])
    assert (await till.events(DebtChanged))[-1].owed.amount == 0
    assert await till.broken() == []


async def test_a_fixed_term_is_paid_for_as_often_as_it_was_sold(till: Till) -> None:
    giver = await joined(till, starts_on=date(2026, 3, 2), kind="fixed_term", periods=3)
    await till.advance(days=10)
    receiver = await hand_over(till, giver)
    for _ in range(20):
        await till.advance(days=7)
    assert len(await periods(till, giver, receiver)) == 3


async def test_by_card_the_givers_is_charged_no_more_and_the_receivers_own_when_it_is_due(
    till: Till,
) -> None:
    giver = await till.subscribe()
    (paid,) = await periods(till, giver)
    await till.advance(days=10)
    receiver = await hand_over(till, giver)
    assert (await at_stripe(till, giver)).status == "canceled"
    (kept,) = await periods(till, giver)
    assert (kept["status"], kept["refunded"]["amount"]) == ("paid", 0)
    await till.pay(receiver)
    await till.settle()
    assert await periods(till, receiver) == []
    until = datetime.fromisoformat(str(paid["until"]))
    due = start_of_day(until.date() + timedelta(days=1), VIENNA)
    await till.advance(seconds=(due - till.clock.now()).total_seconds() - 1)
    assert await periods(till, receiver) == []
    await till.advance(days=1)
    (next_,) = await periods(till, receiver)
    assert (next_["status"], next_["amount"]["amount"]) == ("paid", 2990)
    assert datetime.fromisoformat(str(next_["start"])) == due
    await till.advance(days=31)
    assert len(await periods(till, giver)) == 1
    assert len(await periods(till, receiver)) == 2
    customers = await till.rows("SELECT DISTINCT customer_id FROM billing.subscription")
    assert len(customers) == 2
    assert await till.broken() == []


@pytest.mark.parametrize("card", [GOOD, FAILS_LATER])
@pytest.mark.parametrize("by_card", [True, False])
async def test_what_the_givers_card_was_charged_as_it_went_over_covers_the_receiver(
    till: Till, card: str, by_card: bool
) -> None:
    """The provider has renewed and billed; its news comes after membership's."""
    half = Discount(promo_code_id=new_id(), code="HALF", basis_points=5000, periods=3)
    sold: dict[str, Any] = {"kind": "fixed_term", "periods": 4, "discount": half}
    giver = await till.subscribe(card, **sold)
    between = await hand_on_as_it_renews(till, giver, **sold)
    receiver = await hand_over(till, between, **sold)
    first, second = await periods(till, giver)
    assert (second["start"], await periods(till, between)) == (first["until"], [])
    if by_card:
        await till.pay(receiver)
        await till.settle()
    else:
        assert (await at_desk(till, receiver)).status_code == 201
    until = datetime.fromisoformat(str(second["until"]))
    await till.advance(seconds=(until - till.clock.now()).total_seconds() - 8 * 86400)
    assert await periods(till, receiver) == []
    for _ in range(18):
        await till.advance(days=7)
    asked = await periods(till, receiver)
    assert until <= datetime.fromisoformat(str(asked[0]["start"])) < until + timedelta(days=2)
    assert [each["amount"]["amount"] for each in asked] == [1495, 2990]
    assert await till.broken() == []


async def hand_on_as_it_renews(till: Till, giver: Purchase, **sold: Any) -> Purchase:
    (first,) = await periods(till, giver)
    ends = datetime.fromisoformat(str(first["until"]))
    till.clock.advance(ends - till.clock.now() + timedelta(hours=2))
    await BillingClock(till.runtime, till.recovery).run_due()
    heir = await hand_over(till, giver, alone=True, **sold)
    assert len(await periods(till, giver)) == 1
    await till.settle()
    return heir


async def test_a_receiver_who_comes_late_pays_from_then_on_by_card_or_at_the_desk(
    till: Till,
) -> None:
    by_card, at_the_desk = await till.subscribe(), await till.subscribe()
    await till.advance(days=10)
    heirs = [await hand_over(till, each) for each in (by_card, at_the_desk)]
    await till.advance(days=40)
    assert await periods(till, *heirs) == []
    await till.pay(heirs[0])
    await till.settle()
    (charged,) = await periods(till, heirs[0])
    assert datetime.fromisoformat(str(charged["start"])) == till.clock.now().replace(microsecond=0)
    begun = await at_desk(till, heirs[1])
    assert begun.status_code == 201, begun.text
    (asked,) = await periods(till, heirs[1])
    assert asked["start"] == midnight(till.clock.now().date())


async def test_a_receiver_who_goes_to_the_desk_in_time_is_asked_when_it_is_due(till: Till) -> None:
    giver = await till.subscribe()
    (paid,) = await periods(till, giver)
    await till.advance(days=10)
    receiver = await hand_over(till, giver)
    begun = await at_desk(till, receiver)
    assert begun.status_code == 201, begun.text
    assert await periods(till, receiver) == []
    until = datetime.fromisoformat(str(paid["until"]))
    await till.advance(days=20)
    (asked,) = await periods(till, receiver)
    assert asked["start"] == midnight(until.date() + timedelta(days=1))
    assert await till.broken() == []


@pytest.mark.parametrize("card", [FAILS_LATER])
async def test_a_card_that_failed_is_tried_no_more_and_its_debt_stays(
    till: Till, card: str
) -> None:
    giver = await till.subscribe(card)
    await till.advance(days=32)
    receiver = await hand_over(till, giver)
    owed = (await till.events(DebtChanged))[-1]
    assert (owed.membership_id, owed.owed.amount) == (giver.membership_id, 2990)
    await till.pay(receiver)
    await till.settle()
    assert await periods(till, receiver) == []
    await till.advance(days=32)
    assert len(await periods(till, receiver)) == 1
    assert len(await periods(till, giver)) == 2


async def test_before_its_day_and_for_a_pack_there_is_nothing_to_pay(till: Till) -> None:
    waiting = till.sell(contract="pending", taken_over=True)
    assert (await till.checkout(waiting)).json()["code"] == "nothing_to_pay"
    unknown = till.sell(contract="active", taken_over=True)
    assert (await till.checkout(unknown)).json()["code"] == "nothing_to_pay"
    pack = await till.subscribe(kind="pack", periods=1)
    heir = await hand_over(till, pack)
    assert (await till.checkout(heir)).json()["code"] == "nothing_to_pay"
    assert (await at_desk(till, heir)).json()["code"] == "nothing_to_pay"
    assert await till.broken() == []


async def test_handed_on_before_anything_was_paid_it_is_still_paid_for_as_long(till: Till) -> None:
    giver = await till.subscribe(kind="fixed_term", periods=3)
    await till.advance(days=10)
    between = await hand_over(till, giver)
    await till.advance(days=2)
    receiver = await hand_over(till, between)
    await till.pay(receiver)
    await till.settle()
    assert await periods(till, between, receiver) == []
    for _ in range(16):
        await till.advance(days=7)
    assert [len(await periods(till, each)) for each in (giver, between, receiver)] == [1, 0, 2]
    assert await till.broken() == []


@pytest.mark.parametrize("by_card", [True, False])
async def test_what_is_taken_off_some_periods_is_taken_off_as_many_in_all(
    till: Till, by_card: bool
) -> None:
    half = Discount(promo_code_id=new_id(), code="HALF", basis_points=5000, periods=3)
    if by_card:
        giver = await till.subscribe(discount=half)
    else:
        giver = await joined(till, discount=half)
    await till.advance(days=10)
    receiver = await hand_over(till, giver, discount=half)
    if by_card:
        await till.pay(receiver)
    for _ in range(19):
        await till.advance(days=7)
        for claim in await claims(till, receiver):
            if not by_card and claim["status"] != "paid":
                await receive(till, claim["claim_id"], claim["amount"]["amount"])
    asked = await periods(till, giver, receiver)
    assert [each["amount"]["amount"] for each in asked][:5] == [1495, 1495, 1495, 2990, 2990]
    assert await till.broken() == []
