"""A context's app in front of the framework: the same callers, limits, fields and problems."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fixtures.callers import callers_context, staff_of
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.http.caller import recognise, scoped
from gymhopper.chassis.http.edge import MAX_BODY
from gymhopper.chassis.http.idempotent import (
    fingerprint,
    given_key,
    replay,
    slot_of,
    whole_body,
)
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.idempotency.answers import Answer, claim_many, keep_many
from gymhopper.chassis.origin import origin
from gymhopper.chassis.registry import Context
from gymhopper.chassis.runtime import Runtime
from gymhopper.kernel.errors import Conflict
from gymhopper.kernel.ids import new_id

PATH = "/api/v1/quick"
CALLER = staff_of(new_id(), "quick:write")

router = APIRouter()


@router.post("/slow", dependencies=[limited("booking")])
async def make_slowly(caller: AuthSubject = scoped("quick:write")) -> dict[str, str]:
    return {"actor": caller.actor}


class Shortcut:
    """Answers what is below `/quick` itself."""

    def __init__(self, runtime: Runtime, otherwise: ASGIApp) -> None:
        self._runtime = runtime
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self._otherwise(scope, receive, send)
            return
        request = Request(scope, receive)
        subject = await recognise(request, self._runtime, scopes=["quick:write"], also=["booking"])
        body = await whole_body(receive)
        answer: Callable[[Request, AuthSubject, bytes], Any] = getattr(
            self, scope["path"][len(PATH) + 1 :] or "made"
        )
        response: Response = await answer(request, subject, body)
        await response(scope, receive, send)

    async def made(self, _: Request, subject: AuthSubject, body: bytes) -> Response:
        told = {
            "actor": subject.actor,
            "address": origin().address,
            "correlation": correlation_id(),
            "bytes": len(body),
        }
        return JSONResponse(told, status_code=201)

    async def keyed(self, request: Request, subject: AuthSubject, body: bytes) -> Response:
        key = given_key(request.scope)
        assert key is not None
        slot = slot_of(self._runtime, subject, key, fingerprint(request.scope, body))
        now = self._runtime.clock.now()
        async with self._runtime.database.transaction(subject) as connection:
            [found] = await claim_many(connection, [slot], now)
            if found is not None:
                raise found
            made = Answer(201, ((b"content-type", b"text/plain"),), str(new_id()).encode())
            await keep_many(connection, [(slot, made)], now)
        answer = replay(made)
        answer.raw_headers = answer.raw_headers[:-1]
        return answer

    async def refused(self, *_: object) -> Response:
        raise Conflict("No.", code="full")

    async def broken(self, *_: object) -> Response:
        raise ZeroDivisionError

    async def endless(self, *_: object) -> Response:
        await asyncio.Event().wait()
        raise AssertionError


QUICK = Context(name="quick", routers=[router], shortcut=Shortcut)


@asynccontextmanager
async def served(new_runtime: NewRuntime, **more: object) -> AsyncIterator[httpx.AsyncClient]:
    callers = callers_context(desk=CALLER, stranger=staff_of(new_id(), "other:write"))
    runtime = await new_runtime(
        [callers, QUICK],
        limits_booking=4,
        limits_write=1000,
        allowed_origins=("https://book.example.com",),
        **more,
    )
    transport = httpx.ASGITransport(
        app=create_app(runtime, dict), client=("192.0.2.7", 1), raise_app_exceptions=False
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def client(new_runtime: NewRuntime) -> AsyncIterator[httpx.AsyncClient]:
    async with served(new_runtime) as made:
        yield made


def bearer(who: str = "desk", **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {who}", **more}


def cookie(who: str = "desk", **more: str) -> dict[str, str]:
    return {"Cookie": f"gymhopper_session={who}", **more}


async def test_its_own_is_answered_with_what_every_request_has(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        PATH, content=b"abc", headers=bearer(**{"X-Correlation-Id": "asked", "Origin": "x"})
    )
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "actor": f"staff:{CALLER.id}",
        "address": "192.0.2.7",
        "correlation": "asked",
        "bytes": 3,
    }
    assert answer.headers["x-correlation-id"] == "asked"
    assert '"booking";r=3' in answer.headers["ratelimit"]
    assert '"write";r=999' in answer.headers["ratelimit"]


async def test_what_is_not_its_own_is_the_frameworks(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/slow", headers=bearer())
    assert answer.json() == {"actor": f"staff:{CALLER.id}"}
    assert '"booking";r=3' in answer.headers["ratelimit"]
    missing = await client.get("/api/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", [PATH, "/api/v1/slow"])
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (401, "unauthenticated")),
        (bearer("nobody"), (401, "unauthenticated")),
        (bearer("stranger"), (403, "scope_missing")),
        ({"Authorization": "Basic desk"}, (401, "unauthenticated")),
        (cookie("nobody"), (401, "unauthenticated")),
        (cookie(**{"Sec-Fetch-Site": "cross-site"}), (403, "foreign_page")),
        (cookie(), (403, "foreign_page")),
        (cookie(**{"Sec-Fetch-Site": "same-origin"}), None),
        (cookie(Origin="https://book.example.com"), None),
        (cookie("nobody", Authorization="bearer desk"), None),
        (cookie(**{"Authorization": "Basic x", "Sec-Fetch-Site": "same-origin"}), None),
    ],
)
async def test_callers_are_told_apart_as_on_every_route(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], expected: tuple[int, str] | None
) -> None:
    answer = await client.post(path, headers=headers)
    if expected is None:
        assert answer.json()["actor"] == f"staff:{CALLER.id}"
    else:
        assert (answer.status_code, answer.json()["code"]) == expected
        assert answer.headers.get("www-authenticate") == ("Bearer" if expected[0] == 401 else None)


async def test_its_requests_count_with_those_of_the_routes(client: httpx.AsyncClient) -> None:
    for path in (PATH, "/api/v1/slow", PATH, "/api/v1/slow"):
        assert (await client.post(path, headers=bearer())).is_success
    refused = await client.post(PATH, headers=bearer())
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "15"


async def test_who_guesses_is_counted_by_address(client: httpx.AsyncClient) -> None:
    found = [await client.post(PATH, headers=bearer(f"guess{n}")) for n in range(5)]
    assert [each.status_code for each in found] == [401] * 4 + [429]


async def test_what_fails_is_a_problem_like_any_other(client: httpx.AsyncClient) -> None:
    refused = await client.post(f"{PATH}/refused", headers=bearer())
    assert (refused.status_code, refused.json()["code"]) == (409, "full")
    broken = await client.post(f"{PATH}/broken", headers=bearer())
    assert (broken.status_code, broken.json()["code"]) == (500, "internal_error")
    assert broken.json()["correlation_id"] == broken.headers["x-correlation-id"]
    large = await client.post(PATH, content=bytes(MAX_BODY + 1), headers=bearer())
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")


async def test_what_takes_too_long_is_ended(new_runtime: NewRuntime) -> None:
    async with served(new_runtime, request_seconds=0.05) as client:
        endless = await client.post(f"{PATH}/endless", headers=bearer())
    assert (endless.status_code, endless.json()["code"]) == (503, "timed_out")


async def test_pages_of_other_sites_can_read_its_answers(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, headers=bearer(Origin="https://book.example.com"))
    assert answer.headers["access-control-allow-origin"] == "https://book.example.com"


async def test_a_request_that_comes_again_is_answered_as_before(client: httpx.AsyncClient) -> None:
    path = f"{PATH}/keyed"
    first = await client.post(path, headers=bearer(**{"Idempotency-Key": "k"}), content=b"1")
    again = await client.post(path, headers=bearer(**{"Idempotency-Key": "k"}), content=b"1")
    other = await client.post(path, headers=bearer(**{"Idempotency-Key": "k"}), content=b"2")
    assert (again.status_code, again.content) == (201, first.content)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    bad = await client.post(path, headers=bearer(**{"Idempotency-Key": ""}))
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid_idempotency_key")


async def test_a_process_without_routes_has_no_shortcut(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime([callers_context(desk=CALLER), QUICK])
    transport = httpx.ASGITransport(app=create_app(runtime, dict, with_routes=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post(PATH, headers=bearer())
    assert answer.status_code == 404
    assert json.loads(answer.content)["code"] == "not_found"
