"""Plans and the public catalogue."""

from typing import Any
from uuid import UUID

import pytest

from contexts.membership.conftest import GRAZ, WIEN

COVERAGE = {
    "include": [
        {"locations": ["01a20035-8bf9-7000-80f9-51838941b1df"]},
        {"cities": ["Wien", "Graz"], "tier_up_to": 2},
    ],
    "exclude": [{"organisations": ["01a20035-8bf9-7000-80f9-51838941b1de"]}],
    "hours": [{"weekday": 1, "start": 360, "until": 1560}],
    "quotas": [{"visits": 8, "per": "month", "scope": "location"}],
}


def as_given(value: Any) -> Any:
    """Without what nobody asked for: an answer has every field."""
    if isinstance(value, dict):
        return {
            key: as_given(each)
            for key, each in value.items()
            if each is not None and each is not False
        }
    return [as_given(each) for each in value] if isinstance(value, list) else value


async def test_a_plan_reads_as_it_was_offered(gym: Any) -> None:
    plan = await gym.plan(
        coverage=COVERAGE,
        interval="week",
        interval_count=4,
        entry_grace_days=14,
        freeze_rules={"minimum_days": 7},
    )
    assert as_given(plan["coverage"]) == COVERAGE
    assert (plan["interval"], plan["interval_count"], plan["zone"]) == ("week", 4, "Europe/Vienna")
    assert plan["prices"][0]["valid_from"] == "2026-03-02"
    assert await gym.get(f"/plans/{plan['id']}") == plan


async def test_the_catalogue_is_open_to_everybody(town: Any) -> None:
    ours, theirs = await town.ours.plan(), await town.theirs.plan()
    del town.ours.http.headers["Authorization"]
    everything = await town.ours.get("/plans")
    assert [each["id"] for each in everything["items"]] == [ours["id"], theirs["id"]]
    one = await town.ours.get("/plans", organisation_id=str(town.theirs.organisation_id))
    assert [each["id"] for each in one["items"]] == [theirs["id"]]


async def test_the_catalogue_comes_in_pages(gym: Any) -> None:
    offered = [(await gym.plan(name=f"Plan {number}"))["id"] for number in range(3)]
    first = await gym.get("/plans", limit=2)
    second = await gym.get("/plans", limit=2, cursor=first["next_cursor"])
    assert [each["id"] for each in first["items"] + second["items"]] == offered
    assert second["next_cursor"] is None


async def test_a_new_price_stands_beside_the_old_one(gym: Any) -> None:
    plan = await gym.plan()
    added = await gym.post(
        f"/plans/{plan['id']}/prices",
        {"price": {"amount": 550000, "currency": "KRW"}, "valid_from": "2026-04-01"},
    )
    now = await gym.get(f"/plans/{plan['id']}")
    assert now["prices"] == [plan["prices"][0], added]


async def test_a_seller_that_venues_do_not_know_is_not_found(gym: Any) -> None:
    body = {"name": "Nowhere", "coverage": {"include": [{}]}}
    body["legal_entity_id"] = "01a20035-8bf9-7000-80f9-51838941b1df"
    answer = await gym.post("/plans", body, expect=404)
    assert (answer["code"], answer["field"]) == ("not_found", "legal_entity_id")


async def test_a_price_for_a_plan_that_has_changed_is_refused(gym: Any) -> None:
    plan = await gym.plan()
    path = f"/api/v1/plans/{plan['id']}"
    read = await gym.http.get(path)
    assert (
        await gym.http.get(path, headers={"If-None-Match": read.headers["etag"]})
    ).status_code == 304
    price = {"price": {"amount": 1000, "currency": "EUR"}, "valid_from": "2026-04-01"}
    for status in (201, 412):
        answer = await gym.http.post(
            f"{path}/prices", json=price, headers={"If-Match": read.headers["etag"]}
        )
        assert answer.status_code == status, answer.text
    assert (await gym.http.get(path)).headers["etag"] != read.headers["etag"]


def price(amount: int, **changes: Any) -> dict[str, Any]:
    return {"price": {"amount": amount, "currency": "EUR"}} | changes


async def test_a_price_list_answers_the_price_of_a_place(gym: Any) -> None:
    plan = await gym.plan(
        prices=[
            price(4900),
            price(3900, country="AT", city="Graz"),
            price(2900, location_id=str(WIEN), channel="desk", valid_from="2026-04-01"),
            price(2500, location_id=str(WIEN), channel="network"),
        ]
    )

    async def asked(**query: Any) -> list[int]:
        found = await gym.get(f"/plans/{plan['id']}/prices", **query)
        return [each["price"]["amount"] for each in found["items"]]

    assert await asked() == [4900]
    assert await asked(location=str(GRAZ)) == [3900]
    assert await asked(location=str(WIEN)) == [4900]
    assert await asked(location=str(WIEN), channel="network") == [2500]
    assert await asked(location=str(WIEN), channel="desk", on="2026-04-01") == [2900]
    assert await asked(on="2026-03-01") == []
    unknown = await gym.get(f"/plans/{plan['id']}/prices", location=plan["id"], expect=404)
    assert unknown["field"] == "location"


async def test_somebody_buys_at_the_price_of_the_place_and_no_other(gym: Any) -> None:
    plan = await gym.plan(prices=[price(4900), price(3900, country="AT", city="Graz")])
    everywhere, graz = plan["prices"]
    member = await gym.member()
    path = f"/members/{member['id']}/memberships"

    def order(at: Any, location: Any) -> dict[str, Any]:
        return gym.order(plan) | {"price_id": at["id"], "price": at["price"], **location}

    here = {"location_id": str(GRAZ)}
    assert (await gym.post(path, order(everywhere, here), expect=409))["code"] == "stale_price"
    assert (await gym.post(path, order(graz, {}), expect=409))["code"] == "stale_price"
    assert (await gym.post(path, order(graz, here)))["price"]["amount"] == 3900
    nowhere = await gym.post(path, order(graz, {"location_id": plan["id"]}), expect=404)
    assert nowhere["field"] == "location_id"


@pytest.mark.parametrize(
    "odd",
    [{"location_id": str(UUID(int=1)), "country": "AT"}, {"city": "Wien"}, {"country": "at"}],
)
async def test_a_price_is_for_one_place(gym: Any, odd: dict[str, Any]) -> None:
    plan = await gym.plan()
    await gym.post(f"/plans/{plan['id']}/prices", price(100, **odd), expect=422)


async def test_a_joining_fee_is_in_the_currency_of_its_price(gym: Any) -> None:
    plan = await gym.plan()
    odd = price(100, joining_fee={"amount": 5, "currency": "CHF"})
    answer = await gym.post(f"/plans/{plan['id']}/prices", odd, expect=422)
    assert answer["field"] == "joining_fee"
