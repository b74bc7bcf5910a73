"""Promo codes: who may redeem them, how often, and what becomes of them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.limits.limiter import Limiter
from gymhopper.contexts.membership.storage.invariants import INVARIANTS
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.kernel.money import Money


async def code(gym: Any, name: str = "SPRING", *, expect: int = 201, **changes: Any) -> Any:
    """A fifth off the first three periods."""
    given = {"code": name, "basis_points": 2000, "periods": 3}
    return await gym.post("/promo-codes", given | changes, expect=expect)


def euros(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


async def redeem(
    gym: Any,
    plan: Any,
    name: str = "SPRING",
    *,
    member: Any = None,
    charge: int = 3920,
    expect: int = 201,
    **changes: Any,
) -> Any:
    member = member or await gym.member()
    order = gym.order(plan, promo_code=name, first_charge=euros(charge), **changes)
    return await gym.post(f"/members/{member['id']}/memberships", order, expect=expect)


async def redeemed(gym: Any) -> int:
    (found,) = (await gym.get("/promo-codes"))["items"]
    return int(found["redeemed"])


async def broken(gym: Any) -> list[str]:
    async with gym.runtime.database.transaction(SERVICE) as connection:
        return [
            name
            for name, sql in INVARIANTS.items()
            if (await connection.execute(text(sql))).scalar_one()
        ]


async def test_what_was_shown_is_what_is_sold(gym: Any) -> None:
    made, plan = await code(gym), await gym.plan()
    quote = await gym.post(
        f"/plans/{plan['id']}/quote",
        {"price_id": plan["prices"][0]["id"], "promo_code": "spring"},
        expect=200,
    )
    assert (quote["price"], quote["reduced"]) == (euros(4900), euros(3920))
    assert (quote["first_charge"], quote["discount"]["periods"]) == (euros(3920), 3)
    bought = await redeem(gym, plan, "sPrInG")
    assert bought["price"] == euros(4900)
    assert bought["discount"] == quote["discount"]
    assert await redeemed(gym) == 1

    sold = await gym.runtime.api(MembershipApi).purchase(membership_id=bought["id"])
    assert (sold.price, sold.discount.off(sold.price)) == (Money(4900, "EUR"), Money(980, "EUR"))
    assert str(sold.discount.promo_code_id) == made["id"]
    (told,) = await gym.told(bought["id"])
    assert told.data.discount == sold.discount
    assert await broken(gym) == []


async def test_another_first_charge_is_stale(gym: Any) -> None:
    await code(gym)
    refused = await redeem(gym, await gym.plan(), charge=3900, expect=409)
    assert refused["code"] == "stale_price"
    assert await redeemed(gym) == 0


async def test_the_joining_fee_is_in_the_first_charge(gym: Any) -> None:
    await code(gym)
    await code(gym, "ALL", joining_fee=True)
    price = {"price": euros(4900), "joining_fee": euros(2000)}
    plan = await gym.plan(prices=[price])
    await redeem(gym, plan, charge=5920, joining_fee=euros(2000))
    await redeem(gym, plan, "ALL", charge=5520, joining_fee=euros(2000))


async def test_an_amount_takes_off_no_more_than_there_is(gym: Any) -> None:
    await code(gym, basis_points=None, amount=euros(9900))
    await redeem(gym, await gym.plan(), charge=0)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"valid_from": "2026-03-03"}, "promo_code_over"),
        ({"valid_from": "2026-03-01", "valid_until": "2026-03-02"}, "promo_code_over"),
        ({"basis_points": None, "amount": {"amount": 5, "currency": "USD"}}, None),
    ],
    ids=["not yet", "not any more", "another currency"],
)
async def test_a_code_that_does_not_hold_is_refused(
    gym: Any, changes: dict[str, Any], refusal: str | None
) -> None:
    await code(gym, **changes)
    refused = await redeem(gym, await gym.plan(), expect=409)
    assert refused["code"] == (refusal or "promo_code_not_for_plan")


async def test_a_code_that_there_is_not_is_unknown(gym: Any) -> None:
    assert (await redeem(gym, await gym.plan(), expect=404))["code"] == "promo_code_unknown"


async def test_a_withdrawn_code_is_redeemed_by_nobody_until_it_is_offered(gym: Any) -> None:
    made, plan = await code(gym), await gym.plan()
    path = f"/api/v1/promo-codes/{made['id']}"
    for status, expected in (("withdrawn", 409), ("offered", 201)):
        changed = await gym.http.patch(path, json={"status": status})
        assert changed.json()["status"] == status, changed.text
        await redeem(gym, plan, expect=expected)


async def test_a_code_is_for_the_plans_that_it_names(gym: Any) -> None:
    mine, other = await gym.plan(), await gym.plan(name="Other")
    await code(gym, plan_ids=[mine["id"]])
    assert (await redeem(gym, other, expect=409))["code"] == "promo_code_not_for_plan"
    await redeem(gym, mine)


async def test_a_person_redeems_a_code_once(gym: Any) -> None:
    await code(gym)
    plan, member = await gym.plan(), await gym.member()
    await redeem(gym, plan, member=member)
    again = await redeem(gym, plan, member=member, expect=409)
    assert again["code"] == "promo_code_had"
    await redeem(gym, plan)


async def test_a_code_for_new_people_is_not_for_others(gym: Any) -> None:
    await code(gym, first_purchase=True)
    plan, member = await gym.plan(), await gym.member()
    bought = await gym.post(f"/members/{member['id']}/memberships", gym.order(plan))
    await gym.paid(bought["id"])
    refused = await redeem(gym, plan, member=member, expect=409)
    assert refused["code"] == "promo_code_for_new_members"
    await redeem(gym, plan)


async def test_of_twenty_who_want_the_last_redemptions_so_many_get_them(gym: Any) -> None:
    await code(gym, max_redemptions=3)
    plan = await gym.plan()
    members = [await gym.member() for _ in range(20)]
    order = gym.order(plan, promo_code="SPRING", first_charge=euros(3920))
    answers = await asyncio.gather(
        *(gym.http.post(f"/api/v1/members/{x['id']}/memberships", json=order) for x in members)
    )
    assert sorted(x.status_code for x in answers) == [201] * 3 + [409] * 17
    assert {x.json()["code"] for x in answers if x.status_code == 409} == {"promo_code_used_up"}
    assert await redeemed(gym) == 3
    assert await broken(gym) == []


async def test_one_person_who_asks_at_once_many_times_gets_it_once(gym: Any) -> None:
    await code(gym)
    plan, member = await gym.plan(), await gym.member()
    order = gym.order(plan, promo_code="SPRING", first_charge=euros(3920))
    path = f"/api/v1/members/{member['id']}/memberships"
    answers = await asyncio.gather(*(gym.http.post(path, json=order) for _ in range(8)))
    assert sorted(x.status_code for x in answers) == [201] + [409] * 7
    assert await redeemed(gym) == 1


async def test_what_is_not_paid_in_a_week_ends_and_gives_the_redemption_back(gym: Any) -> None:
    await code(gym, max_redemptions=1)
    plan, member = await gym.plan(), await gym.member()
    bought = await redeem(gym, plan, member=member)
    await gym.pass_time(timedelta(days=7, seconds=1))
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["contract"], now["end_reason"]) == ("ended", "cancelled")
    assert await redeemed(gym) == 0
    await redeem(gym, plan, member=member)
    assert await broken(gym) == []


async def test_what_was_paid_keeps_its_redemption_to_the_end_and_beyond(gym: Any) -> None:
    await code(gym)
    plan, member = await gym.plan(), await gym.member()
    bought = await redeem(gym, plan, member=member)
    await gym.paid(bought["id"])
    await gym.pass_time(timedelta(days=8))
    assert (await gym.get(f"/memberships/{bought['id']}"))["contract"] == "active"
    await gym.post(f"/memberships/{bought['id']}/withdraw", {})
    assert await redeemed(gym) == 1
    assert (await redeem(gym, plan, member=member, expect=409))["code"] == "promo_code_had"


async def test_two_who_are_merged_have_redeemed_it_once_more_than_they_may(gym: Any) -> None:
    await code(gym)
    plan = await gym.plan()
    one, two = await gym.member(), await gym.member(first_name="Adah")
    await redeem(gym, plan, member=one)
    await redeem(gym, plan, member=two)
    await gym.post(f"/members/{one['id']}/merge", {"duplicate_id": two["id"]}, expect=200)
    assert await redeemed(gym) == 2
    assert (await redeem(gym, plan, member=one, expect=409))["code"] == "promo_code_had"
    assert await broken(gym) == []


async def test_a_survivor_has_had_what_the_duplicate_redeemed(gym: Any) -> None:
    await code(gym)
    plan = await gym.plan()
    one, two = await gym.member(), await gym.member(first_name="Adah")
    await redeem(gym, plan, member=two)
    await gym.post(f"/members/{one['id']}/merge", {"duplicate_id": two["id"]}, expect=200)
    assert (await redeem(gym, plan, member=one, expect=409))["code"] == "promo_code_had"


async def test_members_redeem_for_themselves(gym: Any) -> None:
    await code(gym, max_redemptions=1)
    plan, member = await gym.plan(), await gym.member()
    order = gym.order(plan, promo_code="SPRING", first_charge=euros(3920))
    async with gym.through(member["person_id"]) as mine:
        path = f"/api/v1/members/{member['id']}/memberships"
        bought = await mine.post(path, json=order)
        assert bought.status_code == 201, bought.text
        assert (await mine.get("/api/v1/promo-codes")).status_code == 403
        assert await redeemed(gym) == 1
        ended = await mine.post(
            f"/api/v1/memberships/{bought.json()['id']}/cancel", json={"when": "now"}
        )
        assert ended.status_code == 200, ended.text
    assert await redeemed(gym) == 0


async def test_nobody_tries_words_until_one_is_a_code(
    gym: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Limiter(
        {"read": 0, "write": 0, "booking": 0, "sign_in": 2},
        valkey_url=None,
        key=b"",
        now=gym.clock.now,
    )
    monkeypatch.setattr(gym.runtime, "limiter", few)
    plan, member = await gym.plan(), await gym.member()
    order = gym.order(plan, promo_code="WORD", first_charge=euros(3920))
    path = f"/api/v1/members/{member['id']}/memberships"
    async with gym.through(member["person_id"]) as mine:
        tried = [(await mine.post(path, json=order)).status_code for _ in range(3)]
        assert tried == [404, 404, 429]
        assert (await mine.post(path, json=gym.order(plan))).status_code == 201
    await redeem(gym, plan, "WORD", expect=404)
    quote = {"price_id": plan["prices"][0]["id"], "promo_code": "WORD"}
    asked = [
        (await gym.http.post(f"/api/v1/plans/{plan['id']}/quote", json=quote)).status_code
        for _ in range(3)
    ]
    assert asked == [404, 404, 429]


async def test_a_dry_run_redeems_nothing(gym: Any) -> None:
    await code(gym)
    plan, member = await gym.plan(), await gym.member()
    order = gym.order(plan, promo_code="SPRING", first_charge=euros(3920))
    path = f"/api/v1/members/{member['id']}/memberships"
    tried = await gym.http.post(path, json=order, headers={"Dry-Run": "true"})
    assert tried.json()["discount"]["code"] == "SPRING", tried.text
    assert await redeemed(gym) == 0


async def test_gyms_know_nothing_of_each_others_codes(town: Any) -> None:
    made = await code(town.ours)
    await code(town.theirs, basis_points=100)
    assert [x["id"] for x in (await town.ours.get("/promo-codes"))["items"]] == [made["id"]]
    foreign = await town.theirs.http.patch(
        f"/api/v1/promo-codes/{made['id']}", json={"status": "withdrawn"}
    )
    assert foreign.status_code == 404
    await code(town.ours, "ONLY-OURS")
    refused = await redeem(town.theirs, await town.theirs.plan(), "ONLY-OURS", expect=404)
    assert refused["code"] == "promo_code_unknown"


async def test_a_name_is_given_once(gym: Any) -> None:
    await code(gym)
    assert (await code(gym, "spring", expect=409))["code"] == "promo_code_taken"


async def test_a_limit_is_not_set_below_what_was_redeemed(gym: Any) -> None:
    made = await code(gym)
    plan = await gym.plan()
    await redeem(gym, plan)
    await redeem(gym, plan)
    path = f"/api/v1/promo-codes/{made['id']}"
    few = await gym.http.patch(path, json={"max_redemptions": 1})
    assert (few.status_code, few.json()["code"]) == (422, "too_few_redemptions")
    full = await gym.http.patch(path, json={"max_redemptions": 2})
    assert full.json()["max_redemptions"] == 2
    assert (await redeem(gym, plan, expect=409))["code"] == "promo_code_used_up"


@pytest.mark.parametrize(
    "changes",
    [
        {"basis_points": 0},
        {"basis_points": 10_001},
        {"basis_points": None},
        {"amount": {"amount": 100, "currency": "EUR"}},
        {"basis_points": None, "amount": {"amount": 0, "currency": "EUR"}},
        {"basis_points": None, "amount": {"amount": 9, "currency": "EUR"}, "joining_fee": True},
        {"periods": 0},
        {"code": "two words"},
        {"code": "nul\x00"},
        {"valid_from": "2026-04-01", "valid_until": "2026-04-01"},
    ],
)
async def test_what_is_no_discount_is_refused(gym: Any, changes: dict[str, Any]) -> None:
    await code(gym, expect=422, **changes)
    assert (await gym.get("/promo-codes"))["items"] == []


async def test_a_code_comes_with_the_charge_that_was_shown(gym: Any) -> None:
    await code(gym)
    plan, member = await gym.plan(), await gym.member()
    await gym.post(
        f"/members/{member['id']}/memberships", gym.order(plan, promo_code="SPRING"), expect=422
    )
