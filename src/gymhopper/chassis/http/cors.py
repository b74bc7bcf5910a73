"""Pages of other sites that may call the API (CORS, the Fetch standard)."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from gymhopper.chassis.http.idempotent import HEADER, REPLAYED
from gymhopper.chassis.http.problem import problem

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_ASKED = ("Authorization", HEADER, "If-Match", "If-None-Match", "X-Correlation-Id")
_SHOWN = (
    "ETag",
    "Location",
    REPLAYED,
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Correlation-Id",
)


class AllowedOrigins(CORSMiddleware):
    """Lets pages of these sites call, in the visitor's session too, and read what we answer."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_ASKED,
            allow_credentials=True,
            expose_headers=_SHOWN,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """As the framework has it, but a refusal is a problem like any other."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        return problem(
            403,
            "origin_not_allowed",
            bytes(answer.body).decode() + ".",
            headers={"Vary": answer.headers["Vary"]},
        )
