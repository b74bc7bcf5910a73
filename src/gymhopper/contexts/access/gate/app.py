"""The gate as a bare ASGI application: doors speak to nothing else."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

import msgspec

from gymhopper.contexts.access.gate.checkin import CheckIn
from gymhopper.contexts.access.gate.framing import (
    Disconnected,
    Headers,
    Receive,
    Scope,
    Send,
    parse,
    read_body,
    respond,
    respond_problem,
)
from gymhopper.contexts.access.gate.outcome import CheckInRequest
from gymhopper.contexts.access.gate.passage import Passage, PassageRequest
from gymhopper.contexts.access.gate.ports import READY, State
from gymhopper.contexts.access.gate.sessions import (
    SESSION_LIFETIME,
    ChallengeRequest,
    SessionOffice,
    SessionRequest,
)
from gymhopper.kernel.clock import Clock
from gymhopper.kernel.errors import GymhopperError, NotFound, Unavailable

log = logging.getLogger(__name__)


class Route(NamedTuple):
    """What answers a path: its method, the status of an answer, and who gives it."""

    method: str
    status: int
    handler: Callable[[Headers, bytes], Awaitable[bytes]]


_encode = msgspec.json.Encoder().encode
_check_in_request = msgspec.json.Decoder(CheckInRequest)
_passage_request = msgspec.json.Decoder(PassageRequest)
_challenge_request = msgspec.json.Decoder(ChallengeRequest)
_session_request = msgspec.json.Decoder(SessionRequest)


class MethodNotAllowed(GymhopperError):
    """The path is known, the method is not."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, allowed: str) -> None:
        super().__init__(f"this path answers to {allowed}")
        self.allowed = allowed


class Broken(GymhopperError):
    """A fault of ours; the log has it."""

    code = "SYSTEM_ERROR"
    status = 500


class GateApp:
    """Check-in, passages and device sessions over one state.

    `secret` (16 to 64 bytes) keys the hashes of credentials and proves challenges; all workers of
    a deployment share it. `noop` adds a route that answers in the same framing and does nothing,
    to measure the rest by. `start` and `stop`, where given, run with the server's lifespan; an
    application that mounts this one calls its own.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        secret: bytes,
        *,
        session_lifetime: timedelta = SESSION_LIFETIME,
        noop: bool = False,
        start: Callable[[], Awaitable[None]] | None = None,
        stop: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        if not 16 <= len(secret) <= 64:
            raise ValueError("the gate's secret has 16 to 64 bytes")
        self._state = state
        self._check_in = CheckIn(state, clock, secret)
        self._passage = Passage(state, clock)
        self._sessions = SessionOffice(state, clock, secret, lifetime=session_lifetime)
        self._start = start
        self._stop = stop
        self._routes = {
            "/access/checkin": Route("POST", 200, self._post_check_in),
            "/access/passage": Route("POST", 200, self._post_passage),
            "/access/sessions/challenge": Route("POST", 201, self._post_challenge),
            "/access/sessions": Route("POST", 201, self._post_session),
            "/healthz": Route("GET", 200, self._health),
            "/readyz": Route("GET", 200, self._readiness),
        }
        if noop:
            self._routes["/access/noop"] = Route("GET", 200, self._noop)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server (ASGI 3)."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers.of(scope)
        try:
            route = self._route(scope)
            body = await read_body(headers, receive) if route.method == "POST" else b""
            answer = await route.handler(headers, body)
        except Disconnected:
            return
        except MethodNotAllowed as error:
            allow = (b"allow", error.allowed.encode())
            await respond_problem(send, error, headers.correlation_id, allow)
        except GymhopperError as error:
            await respond_problem(send, error, headers.correlation_id)
        except Exception:
            # The outermost edge: a door gets an answer that it can act on, whatever broke.
            log.exception("gate request failed", extra={"path": scope["path"]})
            broken = Broken("this could not be checked")
            await respond_problem(send, broken, headers.correlation_id)
        else:
            await respond(send, route.status, headers.correlation_id, answer)

    def _route(self, scope: Scope) -> Route:
        path: str = scope["path"]
        root: str = scope.get("root_path", "")
        if root and path.startswith(root):
            path = path[len(root) :]
        route = self._routes.get(path)
        if route is None:
            raise NotFound("there is nothing at this path")
        if scope["method"] != route.method:
            raise MethodNotAllowed(route.method)
        return route

    def _post_check_in(self, headers: Headers, body: bytes) -> Awaitable[bytes]:
        token = headers.bearer()
        request = parse(_check_in_request, body)
        return self._check_in(token, request, headers.correlation_id.decode())

    def _post_passage(self, headers: Headers, body: bytes) -> Awaitable[bytes]:
        token = headers.bearer()
        request = parse(_passage_request, body)
        return self._passage(token, request, headers.correlation_id.decode())

    async def _post_challenge(self, _: Headers, body: bytes) -> bytes:
        return _encode(self._sessions.challenge(parse(_challenge_request, body)))

    async def _post_session(self, _: Headers, body: bytes) -> bytes:
        return _encode(await self._sessions.open(parse(_session_request, body)))

    async def _health(self, _: Headers, __: bytes) -> bytes:
        return b'{"status":"ok"}'

    async def _readiness(self, _: Headers, __: bytes) -> bytes:
        (ready,) = await self._state.fetch(READY)
        if ready is None:
            raise Unavailable("this cell has no complete snapshot yet")
        return b'{"status":"ready"}'

    async def _noop(self, _: Headers, __: bytes) -> bytes:
        return b'{"decision":"none"}'

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if self._start is not None:
                    await self._start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._stop is not None:
                    await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return
