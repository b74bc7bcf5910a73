"""Failures on purpose: what goes wrong at a chosen call, asked for beforehand.

`POST /faults` below the simulator's address plans one; it is kept in memory by the process that
answers. Which calls it meets: `method` and `path` (with `*` for anything), the first `skip` of
them spared, then `times` of them. What happens: `kind`. When: before the call has any effect, or
with `after_effect` when all is done and only the answer is lost.
"""

from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from gymhopper.sandbox.stripe.wire.parameters import Nested

Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Fault(Nested):
    """`error` is a 500, `rate_limit` a 429 with `Retry-After`; `close` ends the connection without
    an answer, `silence` answers nothing until the caller gives up."""

    kind: Literal["error", "rate_limit", "close", "silence"]
    method: str = "*"
    path: str = "*"
    after_effect: bool = False
    skip: Count = 0
    times: Annotated[Count, Field(ge=1)] = 1
    retry_after: Count = 1

    def meets(self, method: str, path: str) -> bool:
        """Whether this call is one of those that it is meant for."""
        return self.method in {"*", method} and fnmatchcase(path, self.path)


class Faults:
    """What is planned, in the order in which it was asked for."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """What goes wrong with this call, which counts for the first fault that meets it."""
        for index, fault in enumerate(self.planned):
            if not fault.meets(method, path):
                continue
            if fault.skip:
                self.planned[index] = fault.model_copy(update={"skip": fault.skip - 1})
                return None
            left = fault.model_copy(update={"times": fault.times - 1})
            self.planned[index : index + 1] = [left] if left.times else []
            return fault
        return None

    def shown(self) -> dict[str, Any]:
        """What is still to come."""
        return {"object": "list", "data": [each.model_dump() for each in self.planned]}


async def failing(fault: Fault, request: Request, request_id: str) -> Response:
    """The answer, if it is one."""
    headers = {"Request-Id": request_id}
    if fault.kind == "error":
        message = "Something went wrong on purpose."
        return _error(500, {"type": "api_error", "message": message}, headers)
    if fault.kind == "rate_limit":
        headers |= {"Retry-After": str(fault.retry_after)}
        error = {
            "type": "invalid_request_error",
            "code": "rate_limit",
            "message": "Too many requests hit the sandbox, as it was asked to say.",
        }
        return _error(429, error, headers)
    if fault.kind == "silence":
        while (await request.receive())["type"] != "http.disconnect":
            pass
    return _NoAnswer()


def _error(status: int, error: dict[str, str], headers: dict[str, str]) -> Response:
    return JSONResponse({"error": error}, status, headers)


class _NoAnswer(Response):
    """Announces a body that never comes, so that the server ends the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = [(b"content-length", b"1"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
