"""What asks for a place past the framework is refused in the framework's own words."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from contexts.scheduling.studio import Person, Studio
from gymhopper.chassis.http.edge import MAX_BODY
from gymhopper.contexts.scheduling.http import rush

JSON = {"content-type": "application/json"}
BODIES: dict[str, bytes] = {
    "empty": b"",
    "cut short": b"{",
    "words": b"book me",
    "a list": b"[]",
    "a string": b'"spot"',
    "a number": b"12",
    "null": b"null",
    "not UTF-8": b'{"spot": "\xff"}',
    "a byte order mark": b'\xef\xbb\xbf{"spot": 7}',
    "UTF-16": '{"spot": 7}'.encode("utf-16"),
    "two values": b"{} {}",
    "a comma too many": b'{"waitlist": true,}',
    "not a number": b'{"waitlist": NaN}',
    "half a character": b'{"spot": "\\ud800"}',
    "a NUL": b'{"spot": "\\u0000"}',
    "a line feed inside": b'{"spot": "a\nb"}',
    "deep": b'{"spot": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    "very deep": b"[" * 200_000 + b"]" * 200_000,
    "too long": b'{"spot": "' + b"x" * MAX_BODY + b'"}',
    "a long spot": json.dumps({"spot": "x" * 65}).encode(),
    "an empty spot": b'{"spot": " "}',
    "a long number": b'{"waitlist": ' + b"9" * 5000 + b"}",
    "unknown": b'{"colour": "red"}',
    "several unknown": b'{"colour": "red", "size": 3, "waitlist": "perhaps"}',
    "nobody": b'{"member_id": "anna"}',
    "a member as a number": b'{"member_id": 7}',
    "a spot as a number": b'{"spot": 7}',
    "a spot as an object": b'{"spot": {"name": "1"}}',
    "perhaps": b'{"waitlist": "perhaps"}',
    "two": b'{"waitlist": 2}',
    "nothing": b'{"waitlist": null}',
    "no zone": b'{"wait_until": "2026-03-02T10:00:00"}',
    "no time": b'{"wait_until": "soon"}',
    "a time as a list": b'{"wait_until": [2026]}',
    "a time far away": b'{"wait_until": "99999-01-01T00:00:00Z"}',
    "bypass as a word": b'{"bypass": "why not"}',
    "a name twice": b'{"spot": "1", "spot": 7}',
}
HEADERS: dict[str, list[tuple[str, str]]] = {
    "none": [],
    "plain text": [("content-type", "text/plain")],
    "a form": [("content-type", "application/x-www-form-urlencoded")],
    "parts": [("content-type", "multipart/form-data; boundary=x")],
    "nearly JSON": [("content-type", "application/jsonx")],
    "JSON lines": [("content-type", "application/jsonl")],
    "nonsense": [("content-type", "json")],
    "an empty key": [("content-type", "application/json"), ("idempotency-key", "")],
    "a long key": [("content-type", "application/json"), ("idempotency-key", "k" * 256)],
    "a tab in the key": [("content-type", "application/json"), ("idempotency-key", "a\tb")],
}
METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE")
TAKEN = (
    "application/json",
    "APPLICATION/JSON",
    "application/json; charset=utf-8",
    "application/json ;charset=utf-8",
    "application/vnd.gym+json",
)
OF_EACH_REQUEST = ("correlation_id",)


@pytest.fixture
async def anna(studio: Studio) -> Person:
    return await studio.person()


@pytest.fixture
def past(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Whether what comes goes past the framework."""
    real = rush._class_of

    def choose(shortcut: bool) -> None:
        monkeypatch.setattr(rush, "_class_of", real if shortcut else lambda _: None)

    return choose


def told(answer: httpx.Response) -> tuple[int, str, Any, dict[str, str | None]]:
    """All that a client acts on."""
    body = answer.json() if answer.content else None
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in OF_EACH_REQUEST}
    acted_on = ("www-authenticate", "retry-after", "allow", "idempotency-replayed")
    headers = {name: answer.headers.get(name) for name in acted_on}
    return answer.status_code, answer.headers.get("content-type", ""), body, headers


async def both(
    past: Callable[[bool], None], ask: Callable[[], Any]
) -> tuple[httpx.Response, httpx.Response]:
    past(True)
    quick = await ask()
    past(False)
    return quick, await ask()


@pytest.mark.parametrize("name", BODIES)
async def test_bodies_are_refused_alike(
    studio: Studio, anna: Person, past: Callable[[bool], None], name: str
) -> None:
    path = f"/api/v1/classes/{await studio.class_()}/book"
    quick, usual = await both(
        past, lambda: anna.http.post(path, content=BODIES[name], headers=JSON)
    )
    assert told(quick) == told(usual)
    assert 400 <= quick.status_code < 500
    assert quick.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", HEADERS)
async def test_headers_are_refused_alike(
    studio: Studio, anna: Person, past: Callable[[bool], None], name: str
) -> None:
    path = f"/api/v1/classes/{await studio.class_()}/book"
    quick, usual = await both(
        past, lambda: anna.http.post(path, content=b"{}", headers=HEADERS[name])
    )
    assert told(quick) == told(usual)
    assert 400 <= quick.status_code < 500
    assert await studio.counts(path.split("/")[4]) == (0, 0)


@pytest.mark.parametrize("media_type", TAKEN)
async def test_what_the_framework_reads_as_json_is_read(
    studio: Studio, anna: Person, past: Callable[[bool], None], media_type: str
) -> None:
    path = f"/api/v1/classes/{await studio.class_()}/book"
    wrong = {"content": b'{"spot": 7}', "headers": {"content-type": media_type}}
    quick, usual = await both(past, lambda: anna.http.post(path, **wrong))
    assert told(quick) == told(usual)
    assert (quick.status_code, quick.json()["field"]) == (422, "spot")


@pytest.mark.parametrize("method", METHODS)
async def test_other_methods_are_answered_alike(
    studio: Studio, anna: Person, past: Callable[[bool], None], method: str
) -> None:
    path = f"/api/v1/classes/{await studio.class_()}/book"
    quick, usual = await both(past, lambda: anna.http.request(method, path, headers=JSON))
    assert told(quick) == told(usual)
    assert quick.status_code in {405, 501}


@pytest.mark.parametrize(
    ("several", "status"),
    [
        ((b'{"sp', b"", b'ot": ', b"7}"), 422),
        ((b'{"spot": "', *([b"x" * 65_536] * (MAX_BODY // 65_536 + 1)), b'"}'), 413),
        ((b"{", b""), 400),
    ],
    ids=["a spot", "too long", "cut short"],
)
async def test_a_body_in_pieces_is_read_to_its_end_and_no_further_than_it_may_be(
    studio: Studio,
    anna: Person,
    past: Callable[[bool], None],
    several: tuple[bytes, ...],
    status: int,
) -> None:
    path = f"/api/v1/classes/{await studio.class_()}/book"
    quick, usual = await both(
        past, lambda: anna.http.post(path, content=pieces(*several), headers=JSON)
    )
    assert told(quick) == told(usual)
    assert quick.status_code == status
    past(True)
    booked = await anna.http.post(path, content=pieces(b"{", b"}"), headers=JSON)
    assert booked.status_code == 201


@pytest.mark.parametrize("token", ["nobody", ""])
async def test_who_is_nobody_is_told_alike(
    studio: Studio, anna: Person, past: Callable[[bool], None], token: str
) -> None:
    path = f"/api/v1/classes/{await studio.class_()}/book"
    headers = JSON | {"Authorization": f"Bearer {token}"}
    quick, usual = await both(past, lambda: anna.http.post(path, content=b"{}", headers=headers))
    assert told(quick) == told(usual)
    assert quick.status_code == 401


async def pieces(*several: bytes) -> AsyncIterator[bytes]:
    for each in several:
        yield each
