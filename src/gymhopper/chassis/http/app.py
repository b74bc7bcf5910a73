"""Builds the process's ASGI application from the selected contexts."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gymhopper import __version__
from gymhopper.chassis.correlation import correlate, correlation_id
from gymhopper.chassis.http import problem
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.origin import Origin, came_from
from gymhopper.chassis.remote import PATH, internal_route
from gymhopper.chassis.runtime import Runtime

log = get_logger(__name__)

PREFIX = "/api/v1"
MAX_BODY = 1024 * 1024


class BodyTooLarge(HTTPException):
    """The request's body passed the limit while it was read."""

    def __init__(self) -> None:
        super().__init__(413, f"A request's body may have {MAX_BODY} bytes at most.")


class Edge:
    """The outermost layer: correlation id, request log, body limit, and the fast paths.

    Pure ASGI, so that it costs the hot path next to nothing.
    """

    def __init__(self, app: ASGIApp, fast: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._fast = fast

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fast = self._fast.get(scope["path"])
        if fast is not None:
            inner = {**scope, "path": scope["path"][len(PREFIX) :]}
            await fast(inner, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-correlation-id")
        correlate(_acceptable(given))
        came_from(_origin(scope))
        await self._logged(scope, receive, send)

    async def _logged(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        status = 0
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY:
                raise BodyTooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-correlation-id", correlation_id().encode()))
            await send(message)

        try:
            await self._app(scope, limited, noted)
        finally:
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )


def create_app(
    runtime: Runtime,
    troubles: Callable[[], Mapping[str, str]],
    *,
    with_routes: bool = True,
    fast_paths: Mapping[str, ASGIApp] | None = None,
) -> ASGIApp:
    """The ASGI application of this process; `troubles` says what is not ready.

    `fast_paths` below `/api/v1` are answered by their own apps, past the framework.
    """
    app = FastAPI(
        title="Gymhopper",
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=f"{PREFIX}/docs",
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.runtime = runtime
    problem.install(app)
    app.include_router(_health(troubles))
    contracts: dict[str, tuple[type[Any], Any]] = {}
    if with_routes:
        for context in runtime.contexts:
            for router in context.routers:
                app.include_router(router, prefix=PREFIX)
            for each in context.apis:
                contracts[each.contract.__name__] = (each.contract, each.build(runtime))
            if context.mounts is not None:
                for prefix, served in context.mounts(runtime).items():
                    app.mount(prefix, served)
    app.add_route(
        PATH,
        internal_route(contracts, runtime.secrets.key("internal-api")),
        methods=["POST"],
        include_in_schema=False,
    )
    fast = {PREFIX + path: served for path, served in (fast_paths or {}).items()}
    return Edge(app, fast)


def _health(troubles: Callable[[], Mapping[str, str]]) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="The process lives")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", summary="The process can serve")
    async def readyz() -> Response:
        found = troubles()
        return JSONResponse(
            {"status": "not ready" if found else "ok", "troubles": dict(found)},
            status_code=503 if found else 200,
        )

    return router


def _operation_id(route: APIRoute) -> str:
    return route.name


def _origin(scope: Scope) -> Origin:
    agent = next((v for k, v in scope["headers"] if k == b"user-agent"), None)
    return Origin(
        address=scope["client"][0] if scope.get("client") else None,
        user_agent=agent.decode("latin-1")[:400] if agent else None,
        method=scope["method"],
        path=scope["path"],
    )


def _acceptable(given: bytes | None) -> str | None:
    """A correlation id from outside is used when it is short and printable."""
    if given is None or not 1 <= len(given) <= 64:
        return None
    text = given.decode("latin-1")
    return text if text.isascii() and text.isprintable() else None
