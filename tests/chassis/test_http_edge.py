"""Whatever is sent, the answer is typed, and every answer names its correlation id."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import psycopg
import pytest
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict

from chassis.counting import Counted, Counter, number
from fixtures.callers import ADMIN, callers_context, http_client, staff_of
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.database import Database
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.http.app import MAX_BODY, create_app
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.registry import Context
from gymhopper.kernel.errors import Conflict, InvalidInput, NotFound
from gymhopper.kernel.ids import new_id

router = APIRouter(prefix="/things", tags=["things"])


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    count: int = 0


@router.post("", status_code=201)
async def make_thing(
    thing: Thing, runtime: CurrentRuntime, caller: AuthSubject = public()
) -> Thing:
    async with runtime.begin(caller) as uow:
        counter = Counter(new_id())
        uow.add(counter)
        uow.record(counter, Counted(value=thing.count), organisation_id=None)
    return thing


@router.get("")
async def list_things(
    limit: Annotated[int, Query(ge=1, le=10)] = 5, caller: AuthSubject = scoped("things:read")
) -> int:
    return limit


@router.post("/raw")
async def take_bytes(request: Request, caller: AuthSubject = public()) -> int:
    return len(await request.body())


@router.post("/latest")
async def make_latest(caller: AuthSubject = public()) -> None:
    """At a path that fits the template of the next two, too."""


@router.put("/{name}")
async def put_named(name: str, caller: AuthSubject = public()) -> None:
    """One of two methods of a template."""


@router.delete("/{name}")
async def delete_named(name: str, caller: AuthSubject = public()) -> None:
    """The other one."""


@router.get("/errors/{which}")
async def fail(which: str, caller: AuthSubject = public()) -> None:
    raise {
        "missing": NotFound("There is no such thing."),
        "conflict": Conflict("It is taken.", code="thing_taken"),
        "invalid": InvalidInput("Too much of it.", field="thing.count"),
        "bug": ZeroDivisionError("secret 4711"),
    }[which]


THINGS = Context(name="things", routers=[router])


@pytest.fixture
async def client(
    new_runtime: NewRuntime, counting: TestDatabase
) -> AsyncIterator[httpx.AsyncClient]:
    runtime = await new_runtime(
        [
            callers_context(
                reader=staff_of(new_id(), "things:read"), other=staff_of(new_id(), "places:read")
            ),
            THINGS,
        ]
    )
    async with http_client(runtime) as made:
        yield made


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:gymhopper:problem:{body['code']}"
    assert body["detail"]
    assert body["correlation_id"] == answer.headers["x-correlation-id"]
    return answer.status_code, body["code"]


@pytest.mark.parametrize("body", [b"{", b"", b"nope", b'{"name": "a"}}', b"\xff\xfe", b'"\\ud800"'])
async def test_a_body_that_is_not_json_is_never_a_500(
    client: httpx.AsyncClient, body: bytes
) -> None:
    answer = await client.post(
        "/api/v1/things", content=body, headers={"Content-Type": "application/json"}
    )
    assert problem(answer) in {
        (400, "malformed_json"),
        (400, "malformed_request"),
        (422, "invalid_input"),
    }


async def test_malformed_json_is_400(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/things", content=b'{"name": ', headers={"Content-Type": "application/json"}
    )
    assert problem(answer) == (400, "malformed_json")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 7}, "name"),
        ({"count": 1}, "name"),
        ({"name": "a", "count": "many"}, "count"),
        ({"name": "a", "colour": "red"}, "colour"),
        ([], None),
    ],
)
async def test_wrong_types_are_422_and_name_the_field(
    client: httpx.AsyncClient, body: object, field: str | None
) -> None:
    answer = await client.post("/api/v1/things", json=body)
    assert problem(answer) == (422, "invalid_input")
    assert answer.json().get("field") == field


async def test_an_oversized_body_is_413(client: httpx.AsyncClient) -> None:
    fits = await client.post("/api/v1/things/raw", content=b"x" * MAX_BODY)
    assert (fits.status_code, fits.json()) == (200, MAX_BODY)
    for path in ("/api/v1/things/raw", "/api/v1/things"):
        answer = await client.post(
            path,
            content=b'"' + b"x" * MAX_BODY + b'"',
            headers={"Content-Type": "application/json"},
        )
        assert problem(answer) == (413, "body_too_large")


async def test_an_oversized_body_that_does_not_say_its_length_is_413(
    client: httpx.AsyncClient,
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(2 * MAX_BODY // 65536):
            yield b" " * 65536

    answer = await client.post(
        "/api/v1/things", content=chunks(), headers={"Content-Type": "application/json"}
    )
    assert problem(answer) == (413, "body_too_large")


async def test_unknown_paths_and_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/api/v1/nowhere")) == (404, "not_found")
    answer = await client.put("/api/v1/things")
    assert problem(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


async def test_a_path_of_its_own_goes_before_a_template_that_fits_it_too(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.put("/api/v1/things/latest")
    assert (*problem(answer), answer.headers["allow"]) == (405, "method_not_allowed", "POST")
    answer = await client.post("/api/v1/things/other")
    assert (*problem(answer), answer.headers["allow"]) == (
        *(405, "method_not_allowed"),
        "DELETE, PUT",
    )


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (None, (401, "unauthenticated")),
        ("unknown", (401, "unauthenticated")),
        ("other", (403, "scope_missing")),
    ],
)
async def test_a_scoped_route_wants_a_known_caller_with_the_scope(
    client: httpx.AsyncClient, token: str | None, expected: tuple[int, str]
) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await client.get("/api/v1/things", headers=headers)
    assert problem(answer) == expected
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_caller_with_the_scope_is_let_through(client: httpx.AsyncClient) -> None:
    for token in ("reader", ADMIN):
        answer = await client.get("/api/v1/things", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()) == (200, 5)


async def test_a_bad_query_is_422(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/things?limit=99", headers={"Authorization": "Bearer reader"})
    assert problem(answer) == (422, "invalid_input")
    assert answer.json()["field"] == "limit"


@pytest.mark.parametrize(
    ("which", "expected", "field"),
    [
        ("missing", (404, "not_found"), None),
        ("conflict", (409, "thing_taken"), None),
        ("invalid", (422, "invalid_input"), "thing.count"),
    ],
)
async def test_expected_errors_keep_their_code_status_and_field(
    client: httpx.AsyncClient, which: str, expected: tuple[int, str], field: str | None
) -> None:
    answer = await client.get(f"/api/v1/things/errors/{which}")
    assert problem(answer) == expected
    assert answer.json().get("field") == field


async def test_a_bug_is_500_and_tells_nothing(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime([callers_context(), THINGS])
    transport = httpx.ASGITransport(app=create_app(runtime, dict), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/api/v1/things/errors/bug")
    assert problem(answer) == (500, "internal_error")
    assert "4711" not in answer.text


async def test_a_database_that_is_away_is_503_and_back_it_serves_again(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime([callers_context(), THINGS])
    at_home = runtime.database
    runtime.database = Database("postgresql://nobody@/nothing?host=/nowhere")
    async with http_client(runtime) as client:
        away = await client.post("/api/v1/things", json={"name": "a"})
        assert problem(away) == (503, "unavailable")
        assert away.headers["retry-after"] == "1"

        runtime.database = at_home
        assert (await client.post("/api/v1/things", json={"name": "a"})).status_code == 201
        # Connections that died in the pool are noticed before they are given out.
        with psycopg.connect(counting.superuser_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert (await client.post("/api/v1/things", json={"name": "a"})).status_code == 201


async def test_a_correlation_id_goes_in_out_and_into_events(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime([callers_context(), THINGS])
    async with http_client(runtime) as client:
        given = await client.post(
            "/api/v1/things", json={"name": "a"}, headers={"X-Correlation-Id": "desk-17"}
        )
        made = await client.post("/api/v1/things", json={"name": "b"})
    assert given.headers["x-correlation-id"] == "desk-17"
    assert made.headers["x-correlation-id"] not in {"", "desk-17"}
    await number(runtime)
    async with runtime.read(SERVICE) as connection:
        events = await event_log.read(connection, after=0, last=2, limit=2)
    assert [each.correlation_id for each in events] == [
        "desk-17",
        made.headers["x-correlation-id"],
    ]
    assert [each.actor for each in events] == ["anonymous", "anonymous"]


@pytest.mark.parametrize("given", [b"x" * 65, b"", b"a\tb", "ü".encode()])
async def test_a_correlation_id_that_could_do_harm_is_replaced(
    client: httpx.AsyncClient, given: bytes
) -> None:
    answer = await client.get("/healthz", headers={b"X-Correlation-Id": given})
    assert answer.headers["x-correlation-id"].encode() != given


async def test_readyz_tells_what_is_not_ready(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime()
    troubles: dict[str, str] = {}
    transport = httpx.ASGITransport(app=create_app(runtime, lambda: troubles))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        ready = await client.get("/readyz")
        troubles["sequencer"] = "the database is away"
        not_ready = await client.get("/readyz")
        alive = await client.get("/healthz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "troubles": {}})
    assert (not_ready.status_code, not_ready.json()["troubles"]) == (503, troubles)
    assert alive.status_code == 200
