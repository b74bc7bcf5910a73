"""HTTP as far as a gate speaks it: small JSON bodies in, JSON or problem details out (ASGI 3)."""

import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec

from gymhopper.kernel.errors import GymhopperError, InvalidInput, Unauthenticated, Unavailable

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

T = TypeVar("T")

MAX_BODY: Final = 8 * 1024

_CORRELATION_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
# Fresh correlation ids: random per process, counted in it.
_PROCESS = secrets.token_hex(8).encode()
_numbers = itertools.count()

_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", b"application/problem+json")
_FIELD = re.compile(r" - at `\$\.?([^`]*)`$")

_encode = msgspec.json.Encoder().encode


class MalformedJson(GymhopperError):
    """The body is not JSON."""

    code = "malformed_json"
    status = 400


class BodyTooLarge(GymhopperError):
    """The body is larger than any request of a gate."""

    code = "body_too_large"
    status = 413


class Disconnected(Exception):
    """The client went away before its request was complete."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Problem details (RFC 9457) with a stable code and the input at fault."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None


class Headers(msgspec.Struct, frozen=True, gc=False):
    """The request headers that a gate reads."""

    authorization: bytes
    correlation_id: bytes
    content_length: bytes

    @classmethod
    def of(cls, scope: Scope) -> "Headers":
        """Read them; a correlation id that is missing or odd is replaced by a fresh one."""
        given = dict(scope["headers"]).get
        correlation_id = given(b"x-correlation-id")
        if correlation_id is None or not _CORRELATION_ID.fullmatch(correlation_id):
            correlation_id = b"%b-%x" % (_PROCESS, next(_numbers))
        return cls(given(b"authorization", b""), correlation_id, given(b"content-length", b""))

    def bearer(self) -> bytes:
        """The bearer token (RFC 6750); raises Unauthenticated when there is none."""
        scheme, _, token = self.authorization.partition(b" ")
        token = token.strip()
        if scheme.lower() != b"bearer" or not token:
            raise Unauthenticated("a device session is needed: Authorization: Bearer")
        return token


async def read_body(headers: Headers, receive: Receive) -> bytes:
    """The whole body; raises BodyTooLarge above 8 KiB, as soon as that is known."""
    length = headers.content_length
    if length.isdigit() and int(length[:20]) > MAX_BODY:
        raise BodyTooLarge("a request body has at most 8 KiB")
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False) or message["type"] == "http.disconnect":
        if message["type"] == "http.disconnect":
            raise Disconnected
        if len(body) > MAX_BODY:
            break
        message = await receive()
        body += message.get("body", b"")
    if len(body) > MAX_BODY:
        raise BodyTooLarge("a request body has at most 8 KiB")
    return body


def parse(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """The body as the decoder's type; raises MalformedJson or InvalidInput that names the field."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        sentence = str(error)
        found = _FIELD.search(sentence)
        raise InvalidInput(
            _FIELD.sub("", sentence) + ".", field=found[1] if found and found[1] else None
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson("the body is not valid JSON") from error


async def respond(send: Send, status: int, correlation_id: bytes, body: bytes) -> None:
    """Send a JSON answer."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                _JSON,
                (b"content-length", b"%d" % len(body)),
                (b"x-correlation-id", correlation_id),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def respond_problem(
    send: Send, error: GymhopperError, correlation_id: bytes, *extra: tuple[bytes, bytes]
) -> None:
    """Send an expected failure. What is not available reads SYSTEM_ERROR, the doors' own code."""
    headers = [_PROBLEM, (b"x-correlation-id", correlation_id), *extra]
    code = error.reason
    if isinstance(error, Unavailable):
        code = "SYSTEM_ERROR"
        headers.append((b"retry-after", b"1"))
    elif isinstance(error, Unauthenticated):
        headers.append((b"www-authenticate", b"Bearer"))
    body = _encode(
        Problem(
            type=f"urn:gymhopper:problem:{code}",
            title=HTTPStatus(error.status).phrase,
            status=error.status,
            code=code,
            detail=error.detail,
            field=error.field,
        )
    )
    headers.append((b"content-length", b"%d" % len(body)))
    start = {"type": "http.response.start", "status": error.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})
