"""The outermost layer: correlation id, origin, request log, body limit, and the fields that every
answer has.

Pure ASGI, so that it costs little. The fast paths leave here, past everything else.
"""

import time
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gymhopper.chassis.correlation import correlate, correlation_id
from gymhopper.chassis.http import limits
from gymhopper.chassis.http.client_address import ClientAddress
from gymhopper.chassis.http.etag import still_fresh
from gymhopper.chassis.http.protection import Protection
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.origin import Origin, came_from

log = get_logger(__name__)

PREFIX = "/api/v1"
MAX_BODY = 1024 * 1024

_WITHOUT_CONTENT = (b"content-length", b"content-type")


class BodyTooLarge(HTTPException):
    """The request's body passed the limit while it was read."""

    def __init__(self) -> None:
        super().__init__(
            413,
            f"A request's body may have {MAX_BODY} bytes at most.",
            # What the client is still sending is not read, so no other request can follow it.
            headers={"Connection": "close"},
        )


class Edge:
    """Surrounds `app`; `fast` are apps that answer exact paths themselves."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        fast: Mapping[str, ASGIApp],
        addresses: ClientAddress,
        protection: Protection,
    ) -> None:
        self._app = app
        self._fast = fast
        self._addresses = addresses
        self._protection = protection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fast = self._fast.get(scope["path"])
        if fast is not None:
            inner = {**scope, "path": scope["path"][len(PREFIX) :]}
            await fast(inner, receive, send)
            return
        given = dict(scope["headers"])
        correlate(_acceptable(given.get(b"x-correlation-id")))
        came_from(self._origin(scope, given))
        began = time.perf_counter()
        answer = _Answer(scope, given, send, self._protection)
        try:
            await self._app(answer.scope, _limited(receive), answer.send)
        finally:
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=answer.status,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )

    def _origin(self, scope: Scope, given: Mapping[bytes, bytes]) -> Origin:
        agent = given.get(b"user-agent")
        return Origin(
            address=self._addresses.of(scope),
            user_agent=agent.decode("latin-1")[:400] if agent else None,
            method=scope["method"],
            path=scope["path"],
        )


class _Answer:
    """Passes an answer on, with the fields that every answer has.

    HEAD is answered as GET without the content, and a reader who has what GET would tell gets 304
    (RFC 9110, sections 9.3.2 and 13.1.2): no route has to see to either.
    """

    def __init__(
        self, scope: Scope, given: Mapping[bytes, bytes], send: Send, protection: Protection
    ) -> None:
        self.status = 0
        self._bare = scope["method"] == "HEAD"
        method = "GET" if self._bare else scope["method"]
        self.scope: Scope = {**scope, "method": method, limits.SPENT: []}
        self._known = given.get(b"if-none-match") if method == "GET" else None
        self._given = given
        self._send = send
        self._protection = protection

    async def send(self, message: Message) -> None:
        """One message of the answer."""
        if message["type"] == "http.response.start":
            self._complete(message)
        elif self._bare and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    def _complete(self, start: Message) -> None:
        headers: list[tuple[bytes, bytes]] = start["headers"]
        if self._known is not None and start["status"] == 200:
            fields = MutableHeaders(raw=headers)
            if still_fresh(self._known.decode("latin-1"), fields):
                start["status"] = 304
                self._bare = True
                start["headers"] = headers = [
                    each for each in headers if each[0].lower() not in _WITHOUT_CONTENT
                ]
        self.status = start["status"]
        headers.append((b"x-correlation-id", correlation_id().encode()))
        headers += limits.fields(self.scope)
        self._protection.add(headers, self.scope["path"], self._given)


def _limited(receive: Receive) -> Receive:
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MAX_BODY:
            raise BodyTooLarge
        return message

    return limited


def _acceptable(given: bytes | None) -> str | None:
    """A correlation id from outside is used when it is short and printable."""
    if given is None or not 1 <= len(given) <= 64:
        return None
    text = given.decode("latin-1")
    return text if text.isascii() and text.isprintable() else None
