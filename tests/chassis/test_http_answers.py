"""What every answer has, and what is done for routes that know nothing of it."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, Response
from pydantic import BaseModel
from starlette.responses import PlainTextResponse

from chassis.counting import Counter
from fixtures.callers import callers_context, http_client, staff_of
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.expected import Expected, VersionMismatch
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.registry import Context
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.server import HttpServer
from gymhopper.kernel.ids import new_id

router = APIRouter(prefix="/notes")
SITE = "https://book.example.com"


class Note(BaseModel):
    text: str


@router.get("/mine")
async def read_note(response: Response, caller: AuthSubject = scoped("notes:read")) -> Note:
    set_etag(response, 7)
    return Note(text="a")


@router.put("/mine")
async def write_note(
    note: Note, expected: IfMatch, caller: AuthSubject = scoped("notes:write")
) -> list[int] | None:
    return None if expected.versions is None else sorted(expected.versions)


@router.get("/open")
async def read_open(response: Response, caller: AuthSubject = public()) -> Note:
    return Note(text="b")


@router.get("/kept")
async def read_kept(response: Response, caller: AuthSubject = scoped("notes:read")) -> Note:
    response.headers["Cache-Control"] = "private, max-age=60"
    return Note(text="c")


@router.post("/slow")
async def write_slowly(runtime: CurrentRuntime, caller: AuthSubject = public()) -> None:
    async with runtime.begin(SERVICE) as uow:
        uow.add(Counter(new_id()))
        await uow.flush()
        await asyncio.Event().wait()


async def _page(scope: object, receive: object, send: object) -> None:
    await PlainTextResponse("a page")(scope, receive, send)  # type: ignore[arg-type]  # ASGI's three, untyped


NOTES = Context(name="notes", routers=[router], mounts=lambda _: {"/pages": _page})


@pytest.fixture
async def runtime(new_runtime: NewRuntime, counting: TestDatabase) -> Runtime:
    return await new_runtime(
        [callers_context(desk=staff_of(new_id())), NOTES],
        request_seconds=0.2,
        upload_seconds=0.1,
        allowed_origins=(SITE,),
    )


@pytest.fixture
async def client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(runtime, token="desk") as made:
        yield made


@pytest.fixture
async def served(runtime: Runtime) -> AsyncIterator[HttpServer]:
    server = HttpServer(create_app(runtime, dict), host="127.0.0.1", port=0)
    await server.start()
    yield server
    await server.stop()


async def exchange(server: HttpServer, *parts: bytes) -> bytes:
    """Everything that the server answers to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for each in parts:
        writer.write(each)
        await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


def said(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("path", ["/api/v1/notes/mine", "/api/v1/nowhere", "/healthz", "/pages/a"])
async def test_every_answer_is_protected(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert ("default-src 'none'" in headers["content-security-policy"]) == ("/api/" in path)
    assert "strict-transport-security" not in headers
    assert "server" not in headers


async def test_the_pages_that_browsers_show_may_load_what_they_need(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/api/v1/docs")
    assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"


async def test_reached_by_https_nothing_else_is_used_again(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime([NOTES], public_url="https://gym.example.com")
    async with http_client(runtime) as client:
        answer = await client.get("/api/v1/notes/open")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


async def test_what_a_caller_is_told_is_kept_by_no_cache(client: httpx.AsyncClient) -> None:
    for path in ("mine", "open"):
        answer = await client.get(f"/api/v1/notes/{path}")
        assert answer.headers["cache-control"] == "no-store"
    own = await client.get("/api/v1/notes/kept")
    assert own.headers["cache-control"] == "private, max-age=60"
    unknown = {"Authorization": "", "Cookie": "gymhopper_session=x"}
    refused = await client.get("/api/v1/notes/mine", headers=unknown)
    assert refused.headers["cache-control"] == "no-store"


async def test_what_everybody_is_told_may_be_kept(runtime: Runtime) -> None:
    async with http_client(runtime) as anybody:
        assert "cache-control" not in (await anybody.get("/api/v1/notes/open")).headers


@pytest.mark.parametrize("known", ['"7"', 'W/"7"', '"6", "7"', "*"])
async def test_a_reader_who_has_it_gets_304(client: httpx.AsyncClient, known: str) -> None:
    answer = await client.get("/api/v1/notes/mine", headers={"If-None-Match": known})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == '"7"'
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("known", ['"6"', "7", "", '"77"'])
async def test_a_reader_who_has_another_gets_it(client: httpx.AsyncClient, known: str) -> None:
    answer = await client.get("/api/v1/notes/mine", headers={"If-None-Match": known})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"7"')


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ("*", None),
        ('"7"', [7]),
        ('"6" , "7"', [6, 7]),
        ('W/"7"', []),
        ('"seven"', []),
        ('"6", W/"7"', [6]),
    ],
)
async def test_if_match_names_versions(
    client: httpx.AsyncClient, given: str | None, expected: list[int] | None
) -> None:
    headers = {} if given is None else {"If-Match": given}
    answer = await client.put("/api/v1/notes/mine", json={"text": "a"}, headers=headers)
    assert answer.json() == expected


@pytest.mark.parametrize("given", ["7", '"7', '"7" "8"', "", "'7'", '"a b"', "x" * 1001])
async def test_an_if_match_that_is_no_list_of_tags_is_422(
    client: httpx.AsyncClient, given: str
) -> None:
    answer = await client.put("/api/v1/notes/mine", json={"text": "a"}, headers={"If-Match": given})
    assert said(answer) == (422, "invalid_input")


def test_a_change_for_another_version_is_refused() -> None:
    counter = Counter(new_id(), version=3)
    Expected().require(counter)
    Expected(frozenset({2, 3})).require(counter)
    for none in (frozenset[int](), frozenset({2})):
        with pytest.raises(VersionMismatch) as refused:
            Expected(none).require(counter)
        assert (refused.value.status, refused.value.code) == (412, "version_mismatch")


async def test_head_is_get_without_the_content(client: httpx.AsyncClient) -> None:
    got, asked = [await client.request(m, "/api/v1/notes/mine") for m in ("GET", "HEAD")]
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == str(len(got.content))
    assert asked.headers["etag"] == got.headers["etag"]
    missing = await client.head("/api/v1/nowhere")
    assert (missing.status_code, missing.content) == (404, b"")


async def test_what_is_not_there_is_a_problem_wherever_it_is_not(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/", "/api", "/api/v1", "/api/v1/notes/mine/", "/api/v1/notes/%00", "/%ff%fe"):
        assert said(await client.get(path)) == (404, "not_found"), path
    assert said(await client.options("/api/v1/notes/mine")) == (405, "method_not_allowed")
    assert said(await client.request("BREW", "/api/v1/notes/mine"))[0] == 405
    assert said(await client.delete("/healthz")) == (405, "method_not_allowed")


@pytest.mark.parametrize("query", ["%00", "a=%ff", "=&=&", "limit=%F0%9F", "a" * 5000])
async def test_any_query_is_read(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/api/v1/notes/open?{query}")).status_code == 200


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "x"])
async def test_a_body_that_does_not_say_it_is_json_is_415(
    client: httpx.AsyncClient, media_type: str
) -> None:
    answer = await client.put(
        "/api/v1/notes/mine", content=b'{"text": "a"}', headers={"Content-Type": media_type}
    )
    assert said(answer) == (415, "unsupported_media_type")
    good = {"Content-Type": "application/json; charset=utf-8"}
    fine = await client.put("/api/v1/notes/mine", content=b'{"text": "a"}', headers=good)
    assert fine.status_code == 200


async def test_what_takes_too_long_is_503_and_has_not_happened(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    for _ in range(runtime.settings.pool_size + 1):
        assert said(await client.post("/api/v1/notes/slow")) == (503, "timed_out")
    async with runtime.read(SERVICE) as connection:
        found = await connection.exec_driver_sql("SELECT count(*) FROM testing.counter")
    assert found.scalar_one() == 0


async def test_a_body_that_does_not_arrive_is_408(served: HttpServer) -> None:
    for key in (b"", b"Idempotency-Key: k\r\n"):
        answer = await exchange(
            served,
            b"PUT /api/v1/notes/mine HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer desk\r\nContent-Length: 20\r\n" + key + b"\r\n",
            b'{"text": ',
        )
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"request_too_slow"' in answer
        assert b"application/problem+json" in answer


async def test_the_server_names_no_product(served: HttpServer) -> None:
    answer = await exchange(
        served, b"GET /api/v1/notes/open HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nserver:" not in answer.lower()


@pytest.mark.parametrize("path", [b"/\xff\xfe", b"/api/v1/notes/%zz", b"//", b"/a b"])
async def test_a_path_that_cannot_be_read_ends_nothing(served: HttpServer, path: bytes) -> None:
    answer = await exchange(
        served, b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    assert answer[9:12] in {b"400", b"404"}
    alive = await exchange(served, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert alive[9:12] == b"200"


async def test_pages_of_allowed_sites_may_call_and_read(client: httpx.AsyncClient) -> None:
    asked = await client.options(
        "/api/v1/notes/mine",
        headers={
            "Origin": SITE,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization, idempotency-key, if-match",
        },
    )
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == SITE
    assert asked.headers["access-control-allow-credentials"] == "true"
    for path in ("mine", "none"):
        answer = await client.get(f"/api/v1/notes/{path}", headers={"Origin": SITE})
        assert answer.headers["access-control-allow-origin"] == SITE
        assert "RateLimit" in answer.headers["access-control-expose-headers"]


async def test_pages_of_other_sites_may_not(client: httpx.AsyncClient) -> None:
    stranger = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    refused = await client.options("/api/v1/notes/mine", headers=stranger)
    assert said(refused) == (403, "origin_not_allowed")
    answer = await client.get("/api/v1/notes/mine", headers={"Origin": "https://evil.example"})
    for each in (refused, answer):
        assert "access-control-allow-origin" not in each.headers
