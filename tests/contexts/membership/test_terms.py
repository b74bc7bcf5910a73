"""Contracts with a minimum term and a notice."""

from datetime import timedelta
from typing import Any

YEAR = {
    "initial_term": {"interval": "month", "count": 12},
    "notice": {"interval": "month", "count": 1},
}


async def test_a_contract_keeps_the_conditions_that_it_was_sold_with(gym: Any) -> None:
    active = await gym.active(conditions=YEAR)
    assert active["conditions"]["initial_term"] == {"interval": "month", "count": 12}
    assert active["conditions"]["after_initial_term"] == "rolling"
    assert active["conditions"]["withdrawal_days"] == 14


async def test_a_member_is_told_when_the_contract_can_end(gym: Any) -> None:
    active = await gym.active(conditions=YEAR)
    ways = await gym.get(f"/memberships/{active['id']}/cancellation")
    assert ways["earliest_end"] == ways["term_end"] == "2027-03-01T23:00:00Z"
    assert ways["period_end"] == "2026-04-02T09:00:00Z"
    async with gym.through(active["person_id"]) as ada:
        path = f"/api/v1/memberships/{active['id']}"
        for asked in (
            {"when": "now"},
            {"when": "period_end"},
            {"when": "date", "at": "2027-03-01"},
        ):
            refused = await ada.post(f"{path}/cancel", json=asked)
            assert (refused.status_code, refused.json()["code"]) == (409, "term_still_runs")
            assert "2027-03-02" in refused.json()["detail"]
        assert (await gym.get(f"/memberships/{active['id']}"))["contract"] == "active"
        done = (await ada.post(f"{path}/cancel", json={"when": "term_end"})).json()
    assert (done["contract"], done["end"]) == ("under_notice", "2027-03-01T23:00:00Z")


async def test_without_terms_a_member_leaves_at_once(gym: Any) -> None:
    active = await gym.active()
    ways = await gym.get(f"/memberships/{active['id']}/cancellation")
    assert (ways["term_end"], ways["earliest_end"]) == (None, "2026-03-02T09:00:00Z")
    async with gym.through(active["person_id"]) as ada:
        path = f"/api/v1/memberships/{active['id']}/cancel"
        assert (await ada.post(path, json={"when": "now"})).json()["contract"] == "ended"


async def test_staff_let_somebody_go_early_and_say_why(gym: Any) -> None:
    active = await gym.active(conditions=YEAR)
    path = f"/memberships/{active['id']}/cancel"
    refused = await gym.post(path, {"when": "now"}, expect=422)
    assert (refused["code"], refused["field"]) == ("reason_missing", "reason")
    done = await gym.post(path, {"when": "now", "reason": "moved abroad"}, expect=200)
    assert done["end_reason"] == "cancelled"


async def test_the_end_that_was_named_can_be_confirmed_though_notice_would_be_late_now(
    gym: Any,
) -> None:
    active = await gym.active(conditions={"notice": {"interval": "month", "count": 1}})
    async with gym.through(active["person_id"]) as ada:
        path = f"/api/v1/memberships/{active['id']}/cancel"
        first = (await ada.post(path, json={"when": "term_end"})).json()
        assert first["end"] == "2026-04-02T22:00:00Z"
        await gym.pass_time(timedelta(days=10))
        again = await ada.post(path, json={"when": "date", "at": "2026-04-03"})
        assert again.json()["end"] == first["end"]
        earlier = await ada.post(path, json={"when": "date", "at": "2026-04-02"})
        assert earlier.json()["code"] == "term_still_runs"


async def test_a_contract_for_a_time_ends_by_itself_as_expired(gym: Any) -> None:
    term = {"initial_term": {"interval": "month", "count": 1}, "after_initial_term": "end"}
    active = await gym.active(conditions=term)
    assert (active["contract"], active["label"]) == ("active", "active")
    assert (active["end"], active["end_reason"]) == ("2026-04-01T22:00:00Z", "expired")
    await gym.pass_time(timedelta(days=31))
    over = await gym.get(f"/memberships/{active['id']}")
    assert (over["contract"], over["label"]) == ("ended", "expired")
    assert (await gym.told_types(active["id"]))[-1] == "ended"


async def test_conditions_that_contradict_themselves_are_refused(gym: Any) -> None:
    month = {"interval": "month", "count": 1}
    for conditions in (
        {"after_initial_term": "end"},
        {"rolling_notice": month},
        {"initial_term": month, "renewal_term": month},
        {"initial_term": month, "after_initial_term": "renew", "rolling_notice": month},
        {"initial_term": {"interval": "month", "count": 0}},
        {"withdrawal_days": 13},
        {"grace": 1},
    ):
        plan = {
            "legal_entity_id": str(gym.seller.legal_entity_id),
            "name": "Odd",
            "coverage": {"include": [{}]},
            "conditions": conditions,
        }
        answer = await gym.post("/plans", plan, expect=422)
        assert answer["code"] == "invalid_input", conditions
