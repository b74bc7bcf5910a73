"""`Idempotency-Key` on requests that change something.

This layer reads the request and holds its answer back until `chassis.idempotency` has kept it with
the effect. It stands around the whole application below `/api/v1`, so no route has to know of it;
routes that are open to everybody ignore the key, because there is nobody whose key it could be.
"""

import hashlib
import re

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.cookies import SAFE_METHODS
from gymhopper.chassis.idempotency.answers import Answer, Slot
from gymhopper.chassis.idempotency.attempt import Attempt, begin_attempt, present_attempt
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.sealing import Sealer
from gymhopper.kernel.errors import InvalidInput

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

_LONGEST = 255
_PRINTABLE = re.compile(r"[ -~]+")
_NAME = HEADER.lower().encode()
_KEPT = frozenset({b"content-type", b"location", b"etag", b"cache-control", b"set-cookie"})


class BadKey(InvalidInput):
    """The key is none that can be stored."""

    code = "invalid_idempotency_key"


class _NoSuccess(Exception):
    """The answer stands for no effect, so there must be none."""


class IdempotentRequests:
    """Surrounds `app`, and takes part in what goes on below `prefix`."""

    def __init__(self, app: ASGIApp, *, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not self._takes_part(scope):
            await self._app(scope, receive, send)
            return
        key = given_key(scope)
        body = await whole_body(receive)
        attempt = Attempt(key or "", fingerprint(scope, body))
        begin_attempt(attempt)
        answered: list[Message] = []

        async def hold_back(message: Message) -> None:
            answered.append(message)

        try:
            await self._app(scope, _again(body, receive), hold_back)
            answer = _answer(answered)
            if 200 <= answer.status < 300:
                await attempt.keep(answer)
            else:
                await attempt.drop(_NoSuccess())
        except BaseException as error:
            await attempt.drop(error)
            raise
        for message in answered:
            await send(message)

    def _takes_part(self, scope: Scope) -> bool:
        return (
            scope["type"] == "http"
            and scope["method"] not in SAFE_METHODS
            and scope["path"].startswith(self._prefix)
            and given_key(scope) is not None
        )


async def look_for_answer(runtime: Runtime, subject: AuthSubject) -> None:
    """Now that the caller of the present request is known: raises Replayed when it was answered
    before, BadKey or Reused when its key is no good."""
    attempt = present_attempt()
    if attempt is None or attempt.rehearses:
        return
    slot = slot_of(runtime, subject, attempt.key, attempt.fingerprint)
    async with runtime.read(subject) as connection:
        await slot.look(connection, runtime.clock.now())
    attempt.known(slot)


def given_key(scope: Scope) -> str | None:
    """The request's Idempotency-Key, good or not; None when it has none."""
    given = [value for name, value in scope["headers"] if name == _NAME]
    return b",".join(given).decode("latin-1") if given else None


def slot_of(runtime: Runtime, subject: AuthSubject, key: str, fingerprint: bytes) -> Slot:
    """The place for the answer to the caller's request with this key. Raises BadKey."""
    if not (1 <= len(key) <= _LONGEST and _PRINTABLE.fullmatch(key)):
        raise BadKey(f"It has 1 to {_LONGEST} printable ASCII characters.", field=HEADER)
    return Slot(
        Sealer(runtime.secrets, "idempotency"),
        caller=_caller(subject),
        key=key,
        fingerprint=fingerprint,
    )


def replay(answer: Answer) -> Response:
    """The kept answer, marked as such."""
    response = Response(answer.body, status_code=answer.status)
    response.raw_headers = [
        *((name, value) for name, value in response.raw_headers if name == b"content-length"),
        *answer.headers,
        (REPLAYED.lower().encode(), b"true"),
    ]
    return response


def _caller(subject: AuthSubject) -> str:
    """Whose key it is: an actor, and for whom it acts. Another session is the same caller."""
    acts_for = (subject.organisation_id, subject.assignment_id, subject.person_id)
    return " ".join([subject.actor, *(str(each or "-") for each in acts_for)])


def fingerprint(scope: Scope, body: bytes) -> bytes:
    """What tells the request from others with the same key."""
    parts = (scope["method"].encode(), scope["path"].encode(), scope["query_string"])
    digest = hashlib.sha256()
    for each in parts:
        digest.update(len(each).to_bytes(8, "big") + each)
    digest.update(body)
    return digest.digest()


async def whole_body(receive: Receive) -> bytes:
    """The request's body. Raises ClientDisconnect when it does not come to its end."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part: bytes = message.get("body", b"")
        body += part
        if not message.get("more_body", False):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, then what else comes from the server."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


def _answer(messages: list[Message]) -> Answer:
    start = messages[0]
    return Answer(
        status=start["status"],
        headers=tuple((n, v) for n, v in start["headers"] if n.lower() in _KEPT),
        body=b"".join(each.get("body", b"") for each in messages[1:]),
    )
