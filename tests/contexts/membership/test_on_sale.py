"""When plans are sold; what was sold goes on."""

from datetime import timedelta
from typing import Any

DAY = timedelta(days=1)


async def buy(gym: Any, plan: Any, *, expect: int = 201) -> Any:
    member = await gym.member()
    return await gym.post(f"/members/{member['id']}/memberships", gym.order(plan), expect=expect)


async def listed(gym: Any, **query: Any) -> list[str]:
    found = await gym.get("/plans", organisation_id=str(gym.organisation_id), **query)
    return [each["id"] for each in found["items"]]


async def test_a_retired_plan_is_sold_to_the_end_of_the_day_before_in_its_own_zone(
    gym: Any,
) -> None:
    plan = await gym.plan()
    sold = await buy(gym, plan)
    retired = await gym.post(f"/plans/{plan['id']}/retire", {"day": "2026-03-04"}, expect=200)
    assert retired["on_sale_until"] == "2026-03-04"
    # It is 22:59 UTC on the 3rd: a minute to midnight in Vienna.
    gym.clock.advance(DAY + timedelta(hours=13, minutes=59))
    await buy(gym, plan)
    assert await listed(gym) == [plan["id"]]
    gym.clock.advance(timedelta(minutes=1))
    assert (await buy(gym, plan, expect=409))["code"] == "plan_withdrawn"
    assert await listed(gym) == []
    assert await listed(gym, unsold=True) == [plan["id"]]

    await gym.paid(sold["id"])
    assert (await gym.get(f"/memberships/{sold['id']}"))["label"] == "active"
    assert (await gym.get(f"/plans/{plan['id']}"))["id"] == plan["id"]


async def test_a_plan_is_sold_again_when_that_is_taken_back(gym: Any) -> None:
    plan = await gym.plan()
    path = f"/plans/{plan['id']}/retire"
    assert (await gym.post(path, {}, expect=200))["on_sale_until"] == "2026-03-02"
    await buy(gym, plan, expect=409)
    again = await gym.post(f"{path}/revoke", expect=200)
    assert again["on_sale_until"] is None
    await buy(gym, plan)
    assert (await gym.post(f"{path}/revoke", expect=409))["code"] == "illegal_transition"


async def test_a_plan_is_not_sold_before_its_first_day(gym: Any) -> None:
    plan = await gym.plan(on_sale_from="2026-03-05", on_sale_until="2026-03-07")
    assert await listed(gym) == []
    assert (await buy(gym, plan, expect=409))["code"] == "plan_withdrawn"
    gym.clock.advance(3 * DAY)
    await buy(gym, plan)
    gym.clock.advance(2 * DAY)
    await buy(gym, plan, expect=409)


async def test_a_sale_does_not_end_in_the_past_nor_before_it_begins(gym: Any) -> None:
    plan = await gym.plan(on_sale_from="2026-03-05")
    for day in ("2026-03-01", "2026-03-04"):
        answer = await gym.post(f"/plans/{plan['id']}/retire", {"day": day}, expect=422)
        assert (answer["code"], answer["field"]) == ("date_out_of_range", "day")
    entity = str(gym.seller.legal_entity_id)
    coverage = {"include": [{}]}
    body = {"legal_entity_id": entity, "name": "Never", "coverage": coverage}
    body |= {"on_sale_from": "2026-03-05", "on_sale_until": "2026-03-05"}
    await gym.post("/plans", body, expect=422)


async def test_a_retirement_is_meant_for_the_plan_that_was_seen(gym: Any) -> None:
    plan = await gym.plan()
    path = f"/api/v1/plans/{plan['id']}"
    seen = (await gym.http.get(path)).headers["etag"]
    done = await gym.http.post(f"{path}/retire", json={}, headers={"If-Match": seen})
    assert done.status_code == 200
    late = await gym.http.post(f"{path}/retire/revoke", headers={"If-Match": seen})
    assert late.status_code == 412
