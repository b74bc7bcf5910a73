"""Credits: granted when a pack is paid, used by visits, and nothing lost or hidden."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.membership.storage.invariants import INVARIANTS
from gymhopper.contracts.access.events import VisitRecorded
from gymhopper.contracts.billing.events import PaymentSucceeded
from gymhopper.contracts.membership.events import (
    MembershipCreditOverdrawn,
    MembershipCreditsRefunded,
)
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

DAY = timedelta(days=1)
TEN = {"price": {"amount": 10_000, "currency": "EUR"}}


async def pack(gym: Any, *, months: int = 3, **parts: Any) -> Any:
    """A pack that was sold and paid: three credits unless told otherwise."""
    offer = {"kind": "pack", "pack": {"units": 3} | parts}
    return await gym.active(interval_count=months, offer=offer, prices=[TEN])


def visit(gym: Any, bought: Any, at: datetime | None = None) -> VisitRecorded:
    return VisitRecorded(
        visit_id=new_id(),
        person_id=UUID(bought["person_id"]),
        membership_id=UUID(bought["id"]),
        host_organisation_id=gym.organisation_id,
        home_organisation_id=gym.organisation_id,
        location_id=new_id(),
        door_id=new_id(),
        at=at or gym.clock.now(),
        entry=1,
        on_credit=True,
    )


async def visits(gym: Any, bought: Any, number: int) -> list[VisitRecorded]:
    made = [visit(gym, bought) for _ in range(number)]
    await gym.deliver(*made)
    return made


async def balance(gym: Any, bought: Any) -> Any:
    return await gym.get(f"/memberships/{bought['id']}/credits")


async def kinds(gym: Any, bought: Any) -> list[str]:
    found = await gym.get(f"/memberships/{bought['id']}/credits/entries")
    return [each["kind"] for each in reversed(found["items"])]


async def state(gym: Any, bought: Any) -> Any:
    return (await gym.told(bought["id"]))[-1].data.membership


@pytest.fixture(autouse=True)
async def books_balance(gym: Any) -> Any:
    yield
    async with gym.runtime.read(SERVICE) as connection:
        for what, query in INVARIANTS.items():
            assert (await connection.execute(text(query))).scalar() == 0, what


async def test_a_pack_has_no_credits_before_it_is_paid(gym: Any) -> None:
    bought = await gym.pending(offer={"kind": "pack", "pack": {"units": 3}})
    assert (await balance(gym, bought))["lots"] == []
    assert (await state(gym, bought)).credits == 0


async def test_each_paid_claim_grants_its_credits_once(gym: Any) -> None:
    bought = await gym.pending(offer={"kind": "pack", "pack": {"units": 3}}, prices=[TEN])
    now = gym.clock.now()
    paid = PaymentSucceeded(
        membership_id=UUID(bought["id"]),
        claim_id=new_id(),
        amount=Money(10_000, "EUR"),
        start=now,
        until=now + 30 * DAY,
        paid_at=now,
    )
    await gym.deliver(paid, paid)
    has = await balance(gym, bought)
    assert (has["left"], [each["price"]["amount"] for each in has["lots"]]) == (3, [10_000])
    assert await kinds(gym, bought) == ["grant"]
    assert (await state(gym, bought)).credits == 3


async def test_a_visit_uses_one_credit_once_and_tells_doors_nothing_new(gym: Any) -> None:
    bought = await pack(gym)
    told = await gym.told_types(bought["id"])
    (made,) = await visits(gym, bought, 1)
    await gym.deliver(made)
    assert (await balance(gym, bought))["left"] == 2
    # What is counted is told to those who spend credits elsewhere.
    assert await gym.told_types(bought["id"]) == [*told, "credits_counted"]


async def test_credits_that_are_used_in_a_crowd_are_all_counted(gym: Any) -> None:
    bought = await pack(gym, units=40)
    await visits(gym, bought, 30)
    assert (await balance(gym, bought))["left"] == 10


async def test_the_lot_that_expires_first_is_used_first(gym: Any) -> None:
    bought = await pack(gym, months=6)
    given = {"units": 1, "until": "2026-03-20", "reason": "sorry"}
    await gym.post(f"/memberships/{bought['id']}/credits", given)
    await gym.post(f"/memberships/{bought['id']}/credits", given | {"until": None})
    await visits(gym, bought, 2)
    lots = (await balance(gym, bought))["lots"]
    assert [each["left"] for each in lots] == [2, 0, 1]


async def test_credits_expire_in_local_time_and_the_pack_with_the_last_of_them(gym: Any) -> None:
    bought = await pack(gym, months=1)
    assert bought["end"] == "2026-04-01T22:00:00Z"
    await gym.pass_time(30 * DAY + timedelta(hours=12, minutes=59))
    assert (await balance(gym, bought))["left"] == 3
    await gym.pass_time(timedelta(minutes=1))
    assert (await balance(gym, bought))["left"] == 0
    assert await kinds(gym, bought) == ["grant", "expire"]
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["contract"], now["label"]) == ("ended", "expired")


async def test_a_visit_that_is_heard_of_late_is_paid_by_what_was_good_then(gym: Any) -> None:
    bought = await pack(gym, months=1, overshoot="charge")
    before = gym.clock.now()
    await gym.pass_time(40 * DAY)
    await gym.deliver(visit(gym, bought, at=before))
    assert await kinds(gym, bought) == ["grant", "expire", "revive", "spend"]
    assert (await balance(gym, bought))["left"] == 0


async def test_a_pack_that_lasts_from_its_first_use_waits_for_it(gym: Any) -> None:
    bought = await pack(gym, months=1, expires_from="first_use")
    await gym.pass_time(200 * DAY)
    assert (await balance(gym, bought))["lots"][0]["expires_at"] is None
    told = await gym.told_types(bought["id"])
    await visits(gym, bought, 1)
    assert (await balance(gym, bought))["lots"][0]["expires_at"] == "2026-10-17T22:00:00Z"
    # A door that has just seen the card must not see other rights at once.
    assert await gym.told_types(bought["id"]) == [*told, "credits_counted"]
    await gym.pass_time(timedelta(minutes=1))
    assert (await gym.get(f"/memberships/{bought['id']}"))["end"] == "2026-10-17T22:00:00Z"
    later = (await gym.told_types(bought["id"]))[len(told) :]
    assert later == ["credits_counted", "credits_changed"]


@pytest.mark.parametrize("policy", ["forgive", "charge", "next_lot"])
async def test_a_visit_without_a_credit_is_settled_as_the_plan_says(gym: Any, policy: str) -> None:
    bought = await pack(gym, overshoot=policy)
    *_, beyond = await visits(gym, bought, 4)
    await gym.deliver(beyond)
    told = [e.data for e in await gym.told(bought["id"]) if "overdrawn" in e.type]
    assert [(type(e), e.visit_id, e.policy, e.price) for e in told] == [
        (MembershipCreditOverdrawn, beyond.visit_id, policy, Money(3333, "EUR"))
    ]
    has = await balance(gym, bought)
    assert (has["left"], has["overdrawn"]) == (0, 1 if policy == "next_lot" else 0)

    gift = {"units": 2, "reason": "sorry"}
    has = await gym.post(f"/memberships/{bought['id']}/credits", gift)
    assert (has["left"], has["overdrawn"]) == (1 if policy == "next_lot" else 2, 0)
    assert (await state(gym, bought)).credits == 4 + has["left"]


async def test_a_credit_is_given_back_once_while_it_is_good(gym: Any) -> None:
    bought = await pack(gym, months=1)
    first, second = await visits(gym, bought, 2)
    path = f"/memberships/{bought['id']}/credits/give-back"
    body = {"visit_id": str(first.visit_id), "reason": "The lights failed."}
    assert (await gym.post(path, body, expect=200))["left"] == 2
    assert (await state(gym, bought)).credits == 4
    again = await gym.post(path, body, expect=409)
    assert again["code"] == "illegal_transition"
    unknown = await gym.post(path, body | {"visit_id": bought["id"]}, expect=404)
    assert unknown["field"] == "visit_id"
    await gym.pass_time(31 * DAY)
    late = body | {"visit_id": str(second.visit_id)}
    assert (await gym.post(path, late, expect=409))["code"] == "illegal_transition"


async def test_refunds_of_credits_come_to_what_was_paid_whatever_their_order(gym: Any) -> None:
    bought = await pack(gym)
    lot = (await balance(gym, bought))["lots"][0]
    path = f"/memberships/{bought['id']}/credits/refunds"
    body = {"lot_id": lot["id"], "reason": "moves away"}
    first = await gym.post(path, body | {"units": 1})
    rest = await gym.post(path, body | {"units": 2})
    amounts = [each["amount"]["amount"] for each in (first, rest)]
    assert (amounts, rest["credits"]["left"]) == ([3334, 6666], 0)
    told = [e.data for e in await gym.told(bought["id"])]
    refunds = [e for e in told if isinstance(e, MembershipCreditsRefunded)]
    assert [(e.units, e.amount.amount) for e in refunds] == [(1, 3334), (2, 6666)]
    assert {str(e.lot_id) for e in refunds} == {lot["id"]}
    over = await gym.post(path, body | {"units": 1}, expect=422)
    assert over["code"] == "not_so_many_credits"


async def test_two_desks_cannot_refund_the_same_credits(gym: Any) -> None:
    bought = await pack(gym)
    lot = (await balance(gym, bought))["lots"][0]
    body = {"lot_id": lot["id"], "reason": "moves away", "units": 2}
    path = f"/api/v1/memberships/{bought['id']}/credits/refunds"
    answers = await asyncio.gather(*(gym.http.post(path, json=body) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [201, 422, 422, 422, 422]


async def test_gifts_are_not_refunded_and_need_a_day_that_is_to_come(gym: Any) -> None:
    bought = await pack(gym)
    path = f"/memberships/{bought['id']}/credits"
    gift = {"units": 1, "reason": "sorry"}
    past = await gym.post(path, gift | {"until": "2026-03-02"}, expect=422)
    assert (past["code"], past["field"]) == ("date_out_of_range", "until")
    given = (await gym.post(path, gift))["lots"][1]
    refund = {"lot_id": given["id"], "units": 1, "reason": "cash"}
    assert (await gym.post(f"{path}/refunds", refund, expect=404))["field"] == "lot_id"


async def test_only_packs_have_credits_and_foreign_ones_are_not_there(town: Any) -> None:
    usual = await town.ours.active()
    gift = {"units": 1, "reason": "sorry"}
    refused = await town.ours.post(f"/memberships/{usual['id']}/credits", gift, expect=409)
    assert refused["code"] == "no_credits"
    bought = await pack(town.ours)
    path = f"/memberships/{bought['id']}/credits"
    await town.theirs.get(path, expect=404)
    await town.theirs.get(f"{path}/entries", expect=404)
    await town.theirs.post(path, gift, expect=404)
