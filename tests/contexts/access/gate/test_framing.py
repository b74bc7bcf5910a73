"""What a gate says to requests that are not right."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contexts.access.gate.world import SECRET, World, bearer
from gymhopper.contexts.access.gate.app import GateApp
from gymhopper.kernel.clock import ManualClock

CARD = {"type": "card", "value": "1"}
GOOD = {"request_id": "1", "credential": CARD}


def problem(answer: httpx.Response) -> tuple[int, str, str | None]:
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["type"].endswith(body["code"])
    assert body["title"]
    assert body["detail"]
    return answer.status_code, body["code"], body.get("field")


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b"", 400, "malformed_json", None),
        (b"{", 400, "malformed_json", None),
        (b"\xff\xfe", 400, "malformed_json", None),
        (b'{"request_id": "\xff"}', 400, "malformed_json", None),
        (b'{"x":' + b"[" * 8000, 400, "malformed_json", None),
        (b"[]", 422, "invalid_input", None),
        (b"{}", 422, "invalid_input", None),
        (json.dumps(GOOD | {"request_id": 7}).encode(), 422, "invalid_input", "request_id"),
        (json.dumps(GOOD | {"request_id": ""}).encode(), 422, "invalid_input", "request_id"),
        (json.dumps(GOOD | {"request_id": "x" * 65}).encode(), 422, "invalid_input", "request_id"),
        (json.dumps(GOOD | {"credential": None}).encode(), 422, "invalid_input", "credential"),
        (
            json.dumps(GOOD | {"credential": CARD | {"type": "key"}}).encode(),
            422,
            "invalid_input",
            "credential.type",
        ),
        (
            json.dumps(GOOD | {"credential": CARD | {"value": 1}}).encode(),
            422,
            "invalid_input",
            "credential.value",
        ),
        (json.dumps(GOOD | {"door_id": "front"}).encode(), 422, "invalid_input", "door_id"),
        (json.dumps(GOOD | {"door_id": str(uuid4())}).encode(), 404, "not_found", "door_id"),
        (b" " * 8193, 413, "body_too_large", None),
    ],
)
async def test_bad_input_is_told_where_it_is_bad(
    world: World, body: bytes, status: int, code: str, field: str | None
) -> None:
    reader = await world.reader(await world.door())
    answer = await world.http.post("/access/checkin", content=body, headers=bearer(reader.token))
    assert problem(answer) == (status, code, field)
    assert await world.store.journal() == []


async def test_a_body_that_grows_too_large_without_saying_so_is_not_read_to_its_end(
    world: World,
) -> None:
    reader = await world.reader(await world.door())
    read = 0

    async def long() -> AsyncIterator[bytes]:
        nonlocal read
        for read in range(100):  # noqa: B007 - what was read is the point
            yield b" " * 1024

    answer = await world.http.post("/access/checkin", content=long(), headers=bearer(reader.token))
    assert problem(answer)[0] == 413
    assert read < 20


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/access/passage", {"decision_id": "1", "outcome": "passed"}),
        ("/access/passage", {"decision_id": str(uuid4()), "outcome": "flew"}),
        ("/access/sessions", {"device_id": str(uuid4()), "nonce": 1, "signature": ""}),
        ("/access/sessions/challenge", {"device_id": None}),
    ],
)
async def test_wrong_types_are_unprocessable_everywhere(
    world: World, path: str, body: dict[str, object]
) -> None:
    reader = await world.reader(await world.door())
    answer = await world.http.post(path, json=body, headers=bearer(reader.token))
    assert problem(answer)[:2] == (422, "invalid_input")


@pytest.mark.parametrize("path", ["/", "/access", "/access/checkin/", "/access/%00"])
async def test_an_unknown_path_is_not_found(world: World, path: str) -> None:
    assert problem(await world.http.get(path))[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/access/checkin", "POST"),
        ("DELETE", "/access/passage", "POST"),
        ("PUT", "/access/sessions", "POST"),
        ("POST", "/healthz", "GET"),
        ("OPTIONS", "/access/checkin", "POST"),
    ],
)
async def test_a_wrong_method_is_told_the_right_one(
    world: World, method: str, path: str, allowed: str
) -> None:
    answer = await world.http.request(method, path)
    assert problem(answer)[:2] == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


async def test_the_noop_route_is_there_only_when_asked_for(world: World) -> None:
    assert (await world.http.get("/access/noop")).status_code == 200
    plain = world.client(GateApp(world.store.state, world.clock, SECRET))
    assert (await plain.get("/access/noop")).status_code == 404


async def test_a_correlation_id_comes_back_and_is_journalled(world: World) -> None:
    reader = await world.reader(await world.door())
    headers = bearer(reader.token) | {"x-correlation-id": "walk-17"}
    answer = await world.http.post("/access/checkin", json=GOOD, headers=headers)
    assert answer.headers["x-correlation-id"] == "walk-17"
    (entry,) = await world.store.journal()
    assert entry.correlation_id == "walk-17"


@pytest.mark.parametrize("odd", ["", "two words", "x" * 65, "semi;colon"])
async def test_an_odd_correlation_id_is_replaced(world: World, odd: str) -> None:
    answers = [await world.http.get("/healthz", headers={"x-correlation-id": odd}) for _ in "ab"]
    fresh = {answer.headers["x-correlation-id"] for answer in answers}
    assert len(fresh) == 2
    assert odd not in fresh


async def test_a_mounted_gate_finds_its_paths_below_the_root(world: World) -> None:
    transport = httpx.ASGITransport(app=world.app, root_path="/api/v1")
    async with httpx.AsyncClient(transport=transport, base_url="http://gate") as mounted:
        assert (await mounted.get("/api/v1/healthz")).status_code == 200


async def test_a_fault_of_ours_is_a_problem_too_and_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    await world.store.feed("person", member.person_id.bytes, b"\xc1 is no msgpack")
    answer = await world.post_scan(reader, member)
    assert problem(answer)[:2] == (500, "SYSTEM_ERROR")
    assert member.card not in caplog.text
    assert "gate request failed" in caplog.text


def test_a_short_secret_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="16 to 64"):
        GateApp(world.store.state, ManualClock(world.clock.now()), b"short")


@settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(["request_id", "credential", "door_id", "type", "value"]), inner
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    )
)
async def test_no_body_makes_the_gate_fail(world: World, body: bytes) -> None:
    answer = await world.http.post("/access/checkin", content=body, headers=bearer("x"))
    assert answer.status_code in (400, 401, 413, 422)
    problem(answer)
