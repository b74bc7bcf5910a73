"""Builds the process's ASGI application from the selected contexts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from gymhopper import __version__
from gymhopper.chassis.http import problem
from gymhopper.chassis.http.client_address import ClientAddress
from gymhopper.chassis.http.cors import AllowedOrigins
from gymhopper.chassis.http.edge import MAX_BODY, PREFIX, Edge
from gymhopper.chassis.http.idempotent import IdempotentRequests
from gymhopper.chassis.http.protection import Protection
from gymhopper.chassis.http.time_limits import TimeLimits
from gymhopper.chassis.registry import Context
from gymhopper.chassis.remote import PATH, internal_route
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings

__all__ = ["MAX_BODY", "PREFIX", "create_app"]

_DOCS = f"{PREFIX}/docs"


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
    contexts = runtime.contexts if with_routes else ()
    settings = runtime.settings
    app = framework(contexts, settings)
    app.state.runtime = runtime
    app.include_router(_health(troubles))
    contracts: dict[str, tuple[type[Any], Any]] = {}
    for context in contexts:
        for each in context.apis:
            contracts[each.contract.__name__] = (each.contract, each.build(runtime))
        if context.mounts is not None:
            for prefix, served in context.mounts(runtime).items():
                app.mount(prefix, served)
    app.add_route(
        PATH,
        internal_route(contracts, runtime.secrets),
        methods=["POST"],
        include_in_schema=False,
    )
    served_to: ASGIApp = app
    if settings.allowed_origins:
        served_to = AllowedOrigins(app, settings.allowed_origins)
    return Edge(
        served_to,
        fast={PREFIX + path: served for path, served in (fast_paths or {}).items()},
        addresses=ClientAddress(settings.trusted_proxies),
        protection=Protection(
            prefix=f"{PREFIX}/",
            pages=frozenset({_DOCS}),
            https=runtime.public_url.startswith("https://"),
        ),
    )


def framework(contexts: Sequence[Context], settings: Settings) -> FastAPI:
    """The contexts' routes in the layers that every request goes through, the outermost first."""
    app = FastAPI(
        title="Gymhopper",
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=_DOCS,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        middleware=[
            Middleware(ExceptionMiddleware, handlers=problem.HANDLERS),
            Middleware(
                TimeLimits, handling=settings.request_seconds, upload=settings.upload_seconds
            ),
            Middleware(IdempotentRequests, prefix=f"{PREFIX}/"),
        ],
        exception_handlers=problem.HANDLERS | {Exception: problem.unexpected},
    )
    for context in contexts:
        for router in context.routers:
            app.include_router(router, prefix=PREFIX)
    return app


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
