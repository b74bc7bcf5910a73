"""Plans and the public catalogue."""

from typing import Any

COVERAGE = {
    "include": [
        {"locations": ["01a20035-8bf9-7000-80f9-51838941b1df"]},
        {"cities": ["Wien", "Graz"], "tier_up_to": 2},
    ],
    "exclude": [{"organisations": ["01a20035-8bf9-7000-80f9-51838941b1de"]}],
    "hours": [{"weekday": 1, "start": 360, "until": 1560}],
    "quotas": [{"visits": 8, "per": "month", "scope": "location"}],
}


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(each) for key, each in value.items() if each is not None}
    return [without_none(each) for each in value] if isinstance(value, list) else value


async def test_a_plan_reads_as_it_was_offered(gym: Any) -> None:
    plan = await gym.plan(
        coverage=COVERAGE,
        interval="week",
        interval_count=4,
        entry_grace_days=14,
        freeze_rules={"minimum_days": 7},
    )
    assert without_none(plan["coverage"]) == COVERAGE
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
