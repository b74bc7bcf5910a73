"""Builds the process's ASGI application from the selected contexts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from gymhopper import __version__
from gymhopper.chassis.http import problem
from gymhopper.chassis.http.client_address import ClientAddress
from gymhopper.chassis.http.cors import AllowedOrigins
from gymhopper.chassis.http.dry_runs import DryRuns
from gymhopper.chassis.http.edge import MAX_BODY, PREFIX, Edge
from gymhopper.chassis.http.health import health
from gymhopper.chassis.http.idempotent import IdempotentRequests
from gymhopper.chassis.http.methods import KnownMethods
from gymhopper.chassis.http.openapi.document import complete
from gymhopper.chassis.http.protection import Protection
from gymhopper.chassis.http.time_limits import TimeLimits
from gymhopper.chassis.registry import Context
from gymhopper.chassis.remote import PATH, internal_route
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings

__all__ = ["MAX_BODY", "PREFIX", "create_app", "describe"]

_DOCS = f"{PREFIX}/docs"

_worked_out: dict[int, tuple[APIRouter, Sequence[BaseRoute]]] = {}
"""Routes by the id of their router, which is kept, so that no other gets its id."""


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
    app.include_router(health(troubles))
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
    served_to = _past_the_framework(runtime, contexts, app)
    if settings.allowed_origins:
        served_to = AllowedOrigins(served_to, settings.allowed_origins)
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


def _past_the_framework(runtime: Runtime, contexts: Sequence[Context], app: ASGIApp) -> ASGIApp:
    """The contexts' shortcuts around `app`; what they answer and fail with is held to the limits of
    time, and told as problems, like everything else."""
    shortcuts = [each.shortcut for each in contexts if each.shortcut is not None]
    if not shortcuts:
        return app
    for shortcut in shortcuts:
        app = shortcut(runtime, app)
    settings = runtime.settings
    app = TimeLimits(app, handling=settings.request_seconds, upload=settings.upload_seconds)
    app = ExceptionMiddleware(app, handlers=problem.HANDLERS)
    return ServerErrorMiddleware(app, handler=problem.unexpected)


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
            Middleware(KnownMethods, routes=list(_methods(contexts))),
            Middleware(
                TimeLimits, handling=settings.request_seconds, upload=settings.upload_seconds
            ),
            Middleware(DryRuns, prefix=f"{PREFIX}/"),
            Middleware(IdempotentRequests, prefix=f"{PREFIX}/"),
        ],
        exception_handlers=problem.HANDLERS | {Exception: problem.unexpected},
    )
    for context in contexts:
        for router in context.routers:
            app.router.routes.extend(_below_prefix(router))
    app.openapi = lambda: _document(app, contexts, settings)  # type: ignore[method-assign]  # the framework's own way to replace it
    return app


def _below_prefix(router: APIRouter) -> Sequence[BaseRoute]:
    """The router's routes below `/api/v1`, worked out once for all apps of a process: each takes
    the framework milliseconds, with an app's first request."""
    if id(router) not in _worked_out:
        holder = APIRouter(generate_unique_id_function=_operation_id)
        holder.include_router(router, prefix=PREFIX)
        _worked_out[id(router)] = router, holder.routes
    return _worked_out[id(router)][1]


def _methods(contexts: Sequence[Context]) -> Iterator[tuple[str, set[str]]]:
    """The path and the methods of each of the contexts' routes."""
    for context in contexts:
        for router in context.routers:
            for route in router.routes:
                if isinstance(route, APIRoute):
                    yield PREFIX + route.path, route.methods or set()


def describe(contexts: Sequence[Context], settings: Settings) -> dict[str, Any]:
    """The OpenAPI document of these contexts, without anything that would serve them."""
    app = framework(contexts, settings)
    app.include_router(health(dict))
    return app.openapi()


def _document(app: FastAPI, contexts: Sequence[Context], settings: Settings) -> dict[str, Any]:
    """The OpenAPI document, made when it is asked for first."""
    if app.openapi_schema is None:
        plain = get_openapi(
            title=app.title, version=app.version, openapi_version="3.1.1", routes=app.routes
        )
        app.openapi_schema = complete(plain, contexts, url=settings.public_url or "/")
    return app.openapi_schema


def _operation_id(route: APIRoute) -> str:
    return route.name
