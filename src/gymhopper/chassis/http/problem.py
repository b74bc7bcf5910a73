"""Errors as RFC 9457 problem details."""

from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.http.idempotent import replay
from gymhopper.chassis.idempotency.answers import Replayed
from gymhopper.chassis.logging import get_logger
from gymhopper.kernel.errors import GymhopperError

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
NOTHING: Mapping[str, object] = MappingProxyType({})

_CODES = {
    400: "malformed_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_too_slow",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_input",
    500: "internal_error",
    503: "unavailable",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    field: str | None = None,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
    more: Mapping[str, object] = NOTHING,
) -> Response:
    """An `application/problem+json` answer with a stable `code` and a plain sentence; `more` are
    extension members (RFC 9457, section 3.2)."""
    body: dict[str, Any] = {
        **more,
        "type": f"urn:gymhopper:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "correlation_id": correlation_id(),
    }
    if field is not None:
        body["field"] = field
    if errors is not None:
        body["errors"] = errors
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )


async def _expected(_: Request, error: Exception) -> Response:
    assert isinstance(error, GymhopperError)  # noqa: S101 - the table below says so
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return problem(
        error.status,
        error.reason,
        error.detail,
        field=error.field,
        headers=headers,
        more=error.more,
    )


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the table below says so
    return problem(
        error.status_code,
        _CODES.get(error.status_code, "http_error"),
        str(error.detail),
        headers=dict(error.headers) if error.headers else None,
    )


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the table below says so
    found = [
        {
            "field": ".".join(str(part) for part in each["loc"][1:]),
            "detail": str(each["msg"]),
            "code": str(each["type"]),
        }
        for each in error.errors()
    ]
    if isinstance(error.body, bytes) and error.body:
        # The framework reads no other media type as JSON, and hands the bytes over instead.
        return problem(415, "unsupported_media_type", "The body must be application/json.")
    if any(each["code"] == "json_invalid" for each in found):
        return problem(400, "malformed_json", "The body is not valid JSON.")
    first = found[0]
    return problem(
        422, "invalid_input", first["detail"], field=first["field"] or None, errors=found
    )


async def _away(_: Request, error: Exception) -> Response:
    """The database is away, or was too busy: nothing was done, and trying again may work."""
    log.warning("database_away", error=str(error.__cause__ or error).splitlines()[0])
    return problem(
        503,
        "unavailable",
        "The database cannot be reached now; try again in a moment.",
        headers={"Retry-After": "1"},
    )


async def unexpected(_: Request, error: Exception) -> Response:
    """Whatever nobody thought of: logged, and told without its details."""
    log.error("unexpected_error", exc_info=error)
    return problem(500, "internal_error", "Something went wrong on our side; it has been logged.")


async def _answered_before(_: Request, error: Exception) -> Response:
    assert isinstance(error, Replayed)  # noqa: S101 - the table below says so
    return replay(error.answer)


async def _gone(_: Request, __: Exception) -> Response:
    """The client hung up while it was sending; nobody will read this."""
    return problem(400, "malformed_request", "The request was not sent to its end.")


Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]

HANDLERS: dict[int | type[Exception], Handler] = {
    GymhopperError: _expected,
    HTTPException: _http,
    RequestValidationError: _invalid,
    OperationalError: _away,
    InterfaceError: _away,
    PoolTimeout: _away,
    Replayed: _answered_before,
    ClientDisconnect: _gone,
}
"""What answers each kind of failure; `unexpected` answers the others."""
