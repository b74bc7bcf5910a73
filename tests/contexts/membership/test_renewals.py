"""Renewing what was sold for a time only."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.membership.conftest import GRAZ, WIEN
from contexts.membership.samples import AGREEMENT
from gymhopper.contracts.membership.api import MembershipApi

DAY = timedelta(days=1)
DEAR = {"price": {"amount": 5900, "currency": "EUR"}}
MONTH: Any = {
    "offer": {"kind": "fixed_term", "trial": {"days": 7}},
    "conditions": {
        "initial_term": {"interval": "month", "count": 1},
        "after_initial_term": "end",
    },
    "prices": [
        {
            "price": {"amount": 4900, "currency": "EUR"},
            "joining_fee": {"amount": 1900, "currency": "EUR"},
        }
    ],
}
PACK: Any = {"interval_count": 3, "offer": {"kind": "pack", "pack": {"units": 10}}}


async def running(gym: Any, **plan: Any) -> Any:
    """A member's first month, paid, with its joining fee."""
    sold = await gym.plan(**MONTH | plan)
    member = await gym.member()
    order = gym.order(sold, joining_fee=sold["prices"][0]["joining_fee"])
    bought = await gym.post(f"/members/{member['id']}/memberships", order)
    await gym.paid(bought["id"])
    return await gym.get(f"/memberships/{bought['id']}")


async def order_for(gym: Any, old: Any) -> dict[str, Any]:
    (price,) = (await gym.get(f"/memberships/{old['id']}/renewal"))["prices"]
    return {"price_id": price["id"], "price": price["price"], "agreement": AGREEMENT}


async def renew(gym: Any, old: Any, *, expect: int = 201) -> Any:
    body = await order_for(gym, old)
    return await gym.post(f"/memberships/{old['id']}/renewal", body, expect=expect)


async def refusal(gym: Any, old: Any) -> Any:
    """The same for the preview and for the renewal."""
    path = f"/memberships/{old['id']}/renewal"
    body = {"price_id": old["price_id"], "price": old["price"], "agreement": AGREEMENT}
    seen, done = await gym.get(path, expect=409), await gym.post(path, body, expect=409)
    assert (seen["code"], seen["detail"]) == (done["code"], done["detail"])
    return seen["code"]


async def test_a_term_is_followed_by_the_next_without_a_gap_a_trial_or_a_fee(gym: Any) -> None:
    old = await running(gym, offer={"kind": "fixed_term"})
    seen = await gym.get(f"/memberships/{old['id']}/renewal")
    assert (seen["plan_id"], seen["starts_on"]) == (old["plan_id"], "2026-04-02")

    new = await renew(gym, old)

    assert (new["member_id"], new["plan_id"]) == (old["member_id"], old["plan_id"])
    assert (new["starts_on"], new["contract"]) == ("2026-04-02", "pending")
    cost = await gym.runtime.api(MembershipApi).purchase(membership_id=UUID(new["id"]))
    assert (cost.joining_fee, cost.trial_days, cost.periods) == (None, 0, 1)
    await gym.paid(new["id"], start=gym.clock.now() + 31 * DAY)
    await gym.pass_time(31 * DAY)
    was, runs = [await gym.get(f"/memberships/{each['id']}") for each in (old, new)]
    assert (was["label"], runs["label"]) == ("expired", "active")


async def test_nothing_is_tried_again(gym: Any) -> None:
    old = await running(gym)
    await gym.pass_time(40 * DAY)
    new = await renew(gym, old)
    assert (new["contract"], new["trial_until"], new["offer"]["trial"]) == ("pending", None, None)


async def test_it_begins_today_when_the_old_one_is_over_and_not_long_after(gym: Any) -> None:
    old = await running(gym, offer={"kind": "fixed_term"})
    await gym.pass_time(41 * DAY)
    assert (await gym.get(f"/memberships/{old['id']}/renewal"))["starts_on"] == "2026-04-12"
    await gym.pass_time(51 * DAY)
    assert await refusal(gym, old) == "illegal_transition"


async def test_it_costs_what_the_plan_costs_now(gym: Any) -> None:
    old = await running(gym, offer={"kind": "fixed_term"})
    stale = await order_for(gym, old)
    await gym.post(f"/plans/{old['plan_id']}/prices", DEAR)
    path = f"/memberships/{old['id']}/renewal"
    assert (await gym.post(path, stale, expect=409))["code"] == "stale_price"
    (price,) = (await gym.get(path))["prices"]
    assert price["price"] == DEAR["price"]
    new = await renew(gym, old)
    assert new["price"] == DEAR["price"]


async def test_of_many_who_renew_at_once_one_does(gym: Any) -> None:
    old = await running(gym, offer={"kind": "fixed_term"})
    body = await order_for(gym, old)
    path = f"/api/v1/memberships/{old['id']}/renewal"
    answers = await asyncio.gather(*(gym.http.post(path, json=body) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    refused = {each.json()["code"] for each in answers if each.status_code == 409}
    assert refused == {"already_renewed"}
    # One that came to nothing stands in nobody's way.
    (new,) = [each.json() for each in answers if each.status_code == 201]
    await gym.post(f"/memberships/{new['id']}/cancel", {"when": "now"}, expect=200)
    await renew(gym, old)


async def test_a_pack_is_followed_at_once_and_as_often_as_one_likes(gym: Any) -> None:
    old = await gym.active(**PACK)
    for _ in range(2):
        assert (await renew(gym, old))["starts_on"] == "2026-03-02"


async def test_home_and_payer_stay(gym: Any) -> None:
    at_home = {"coverage": {"include": [{"home": True}]}}
    mother, child = await gym.member(), await gym.member()
    plan = await gym.plan(**MONTH | at_home | {"offer": {"kind": "fixed_term"}})
    order = gym.order(
        plan,
        joining_fee=plan["prices"][0]["joining_fee"],
        home_location_id=str(WIEN),
        payer={"kind": "person", "id": mother["id"]},
    )
    old = await gym.post(f"/members/{child['id']}/memberships", order)
    await gym.paid(old["id"])
    await gym.post(f"/memberships/{old['id']}/home", {"location_id": str(GRAZ)}, expect=200)
    new = await renew(gym, old)
    assert (new["payer"]["kind"], new["payer"]["id"]) == ("person", mother["id"])
    assert [each["location_id"] for each in new["homes"]] == [str(GRAZ)]


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ({"offer": {"kind": "recurring"}, "conditions": {}}, "illegal_transition"),
        ({"offer": {"kind": "fixed_term", "intro": {}}}, "intro_offer_refused"),
    ],
    ids=["goes on by itself", "for new people"],
)
async def test_what_has_nothing_to_renew_is_refused(gym: Any, plan: Any, code: str) -> None:
    assert await refusal(gym, await running(gym, **plan)) == code


async def test_what_was_left_on_purpose_is_not_renewed(gym: Any) -> None:
    old = await running(gym, offer={"kind": "fixed_term"})
    cancel = {"when": "date", "at": "2026-03-20", "reason": "Moves away"}
    await gym.post(f"/memberships/{old['id']}/cancel", cancel, expect=200)
    assert await refusal(gym, old) == "illegal_transition"
    await gym.pass_time(18 * DAY)
    assert (await renew(gym, old))["starts_on"] == "2026-03-20"


async def test_what_was_ended_for_cause_is_not_renewed(gym: Any) -> None:
    old = await running(gym, offer={"kind": "fixed_term"})
    await gym.refunded(old["id"], "end_now")
    assert (await gym.get(f"/memberships/{old['id']}"))["end_reason"] == "terminated"
    assert await refusal(gym, old) == "illegal_transition"


async def test_a_plan_that_is_not_sold_any_more_is_not_renewed(gym: Any) -> None:
    old = await running(gym, offer={"kind": "fixed_term"})
    body = await order_for(gym, old)
    await gym.post(f"/plans/{old['plan_id']}/retire", {}, expect=200)
    refused = await gym.post(f"/memberships/{old['id']}/renewal", body, expect=409)
    assert refused["code"] == "plan_withdrawn"


async def test_members_renew_their_own(gym: Any) -> None:
    old = await running(gym, offer={"kind": "fixed_term"})
    body = await order_for(gym, old)
    path = f"/api/v1/memberships/{old['id']}/renewal"
    async with gym.through(old["person_id"]) as own:
        assert (await own.post(path, json=body)).status_code == 201
    stranger = await gym.member()
    async with gym.through(stranger["person_id"]) as other:
        assert (await other.get(path)).status_code == 404
        assert (await other.post(path, json=body)).status_code == 404
