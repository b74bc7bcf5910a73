"""Whatever is sent, the answer is a typed problem, and nothing is half-written."""

from typing import Any
from uuid import uuid4

import pytest

from contexts.membership.samples import AGREEMENT

PERSON = {"first_name": "Ada", "last_name": "Byron", "agreement": AGREEMENT}
COVERAGE = {"include": [{}]}

REGISTRATIONS: list[tuple[dict[str, Any], str]] = [
    ({"first_name": ""}, "first_name"),
    ({"first_name": "   "}, "first_name"),
    ({"first_name": "A\x00da"}, "first_name"),
    ({"first_name": 7}, "first_name"),
    ({"last_name": "x" * 201}, "last_name"),
    ({"email": "nobody"}, "email"),
    ({"email": "a b@example.org"}, "email"),
    ({"email": "a\x00@example.org"}, "email"),
    ({"phone": "call me"}, "phone"),
    ({"birth_date": "1815-12-10"}, "birth_date"),
    ({"birth_date": "2026-03-03"}, "birth_date"),
    ({"birth_date": "yesterday"}, "birth_date"),
    ({"address": {"lines": [], "city": "Wien", "country": "AT"}}, "address.lines"),
    ({"address": {"lines": ["Ring 1"], "city": "Wien", "country": "at"}}, "address.country"),
    ({"agreement": {**AGREEMENT, "terms": ""}}, "agreement.terms"),
    ({"agreement": {**AGREEMENT, "language": "English"}}, "agreement.language"),
    ({"agreement": {**AGREEMENT, "channel": "import"}}, "agreement.channel"),
    ({"agreement": {**AGREEMENT, "ip": "nowhere"}}, "agreement.ip"),
    ({"agreement": {**AGREEMENT, "marketing": {"fax": True}}}, "agreement.marketing.fax.[key]"),
    ({"organisation_id": "mine"}, "organisation_id"),
    ({"nickname": "Enchantress of Numbers"}, "nickname"),
]


async def test_a_bad_registration_names_the_field(gym: Any) -> None:
    for change, field in REGISTRATIONS:
        answer = await gym.post("/members/register", PERSON | change, expect=422)
        assert (answer["code"], answer["field"]) == ("invalid_input", field), change
    assert await gym.told() == []
    assert (await gym.get("/members"))["items"] == []


PLANS: list[tuple[dict[str, Any], str]] = [
    ({"coverage": {"include": []}}, "coverage.include"),
    ({"coverage": {"include": [{"locations": ["here"]}]}}, "coverage.include.0.locations.0"),
    ({"coverage": {"include": [{"tier_up_to": 0}]}}, "coverage.include.0.tier_up_to"),
    ({"coverage": {"include": [{"planets": ["Earth"]}]}}, "coverage.include.0.planets"),
    (
        {"coverage": COVERAGE | {"hours": [{"weekday": 8, "start": 0, "until": 60}]}},
        "coverage.hours.0.weekday",
    ),
    (
        {"coverage": COVERAGE | {"hours": [{"weekday": 1, "start": 600, "until": 600}]}},
        "coverage.hours.0",
    ),
    (
        {"coverage": COVERAGE | {"quotas": [{"visits": 0, "per": "day"}]}},
        "coverage.quotas.0.visits",
    ),
    ({"interval": "fortnight"}, "interval"),
    ({"interval_count": 0}, "interval_count"),
    ({"interval_count": 10**30}, "interval_count"),
    ({"entry_grace_days": 0}, "entry_grace_days"),
    ({"prices": [{"price": {"amount": -1, "currency": "EUR"}}]}, "prices.0.price.amount"),
    ({"prices": [{"price": {"amount": 19.99, "currency": "EUR"}}]}, "prices.0.price.amount"),
    ({"prices": [{"price": {"amount": 10**18, "currency": "EUR"}}]}, "prices.0.price.amount"),
    ({"prices": [{"price": {"amount": 1, "currency": "euro"}}]}, "prices.0.price.currency"),
]


async def test_a_bad_plan_names_the_field(gym: Any) -> None:
    body = {
        "legal_entity_id": str(gym.seller.legal_entity_id),
        "name": "Everywhere",
        "coverage": COVERAGE,
    }
    for change, field in PLANS:
        answer = await gym.post("/plans", body | change, expect=422)
        assert (answer["code"], answer["field"]) == ("invalid_input", field), change
    assert (await gym.get("/plans"))["items"] == []


async def test_a_price_is_valid_for_a_day_at_least(gym: Any) -> None:
    dates = {"valid_from": "2026-03-05", "valid_until": "2026-03-05"}
    plan = await gym.plan()
    answer = await gym.post(
        f"/plans/{plan['id']}/prices",
        {"price": {"amount": 1, "currency": "EUR"}} | dates,
        expect=422,
    )
    assert (answer["code"], answer["field"]) == ("date_out_of_range", "valid_until")


async def test_a_membership_starts_today_or_within_a_year(gym: Any) -> None:
    member, plan = await gym.member(), await gym.plan()
    for day in ("2026-03-01", "2027-03-04", "0001-01-01", "9999-12-31"):
        answer = await gym.post(
            f"/members/{member['id']}/memberships", gym.order(plan, starts_on=day), expect=422
        )
        assert (answer["code"], answer["field"]) == ("date_out_of_range", "starts_on"), day
    assert (await gym.get(f"/members/{member['id']}"))["membership_ids"] == []


WRITES = [
    ("POST", "/members/register"),
    ("PUT", "/members/{id}/profile"),
    ("POST", "/members/{id}/memberships"),
    ("POST", "/plans"),
    ("POST", "/plans/{id}/prices"),
    ("POST", "/memberships/{id}/cancel"),
    ("POST", "/memberships/{id}/freezes"),
    ("POST", "/memberships/{id}/blocks"),
]
BODIES = {
    "malformed": (b'{"first_name": ', 400),
    "not an object": (b"[]", 422),
    "null": (b"null", 422),
    "nothing": (b"", 422),
    "unknown field": (b'{"surprise": 1}', 422),
    "lone surrogate": (b'{"first_name": "\\ud800", "name": "\\ud800", "reason": "\\ud800"}', 422),
    "not text": (b"\xff\xfe", 400),
}


@pytest.mark.parametrize(("content", "status"), BODIES.values(), ids=list(BODIES))
async def test_no_body_is_too_bad_for_an_answer(gym: Any, content: bytes, status: int) -> None:
    for method, path in WRITES:
        answer = await gym.http.request(
            method,
            f"/api/v1{path.format(id=uuid4())}",
            content=content,
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == status, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] in {"malformed_json", "malformed_request", "invalid_input"}


ROUTES = [
    *WRITES,
    ("GET", "/members"),
    ("GET", "/members/{id}"),
    ("GET", "/memberships/{id}"),
    ("POST", "/memberships/{id}/cancellation/revoke"),
    ("DELETE", "/memberships/{id}/freezes/{id}"),
    ("DELETE", "/memberships/{id}/blocks/{id}"),
]


async def test_only_a_caller_with_the_scope_may(gym: Any) -> None:
    for method, path in ROUTES:
        for token, status in (("stranger", 401), ("visitor", 403)):
            answer = await gym.http.request(
                method,
                f"/api/v1{path.format(id=uuid4())}",
                headers={"Authorization": f"Bearer {token}"},
                json={},
            )
            assert answer.status_code == status, (path, answer.text)


async def test_an_id_that_is_none_is_refused_and_an_unknown_one_not_found(gym: Any) -> None:
    for path in ("/members/{}", "/memberships/{}", "/plans/{}"):
        assert (await gym.get(path.format("1"), expect=422))["code"] == "invalid_input"
        assert (await gym.get(path.format(uuid4()), expect=404))["code"] == "not_found"


QUERIES: list[dict[str, Any]] = [
    {"cursor": "!"},
    {"cursor": "bm8"},
    {"cursor": "é"},
    {"cursor": "WyIiLCIiLCIxIl0"},
    # A place whose last name is a NUL.
    {"cursor": "WyJcdTAwMDAiLCIiLCIwMWEyMDAzNS04YmY5LTcwMDAtODBmOS01MTgzODk0MWIxZGYiXQ"},
    {"limit": 0},
    {"limit": 201},
    {"query": "a\x00"},
    {"query": "x" * 101},
]


async def test_a_bad_search_is_refused(gym: Any) -> None:
    for query in QUERIES:
        answer = await gym.get("/members", expect=422, **query)
        assert answer["code"] in {"invalid_input", "invalid_cursor"}, query


async def test_a_cursor_of_plans_is_a_cursor(gym: Any) -> None:
    answer = await gym.get("/plans", expect=422, cursor="bm8")
    assert (answer["code"], answer["field"]) == ("invalid_cursor", "cursor")
