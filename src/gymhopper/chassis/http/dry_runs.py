"""`Dry-Run: true` on requests that change something: all is checked and answered, nothing is kept.

The request goes through the same code as every other. Its unit of work is rolled back when the
answer is there, with the events, jobs and timers that it would have left behind.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gymhopper.chassis.http.cookies import SAFE_METHODS
from gymhopper.chassis.idempotency.attempt import begin_attempt
from gymhopper.chassis.idempotency.rehearsal import Rehearsal, RehearsalEnds
from gymhopper.kernel.errors import InvalidInput

HEADER = "Dry-Run"

_NAME = HEADER.lower().encode()
_IGNORED = frozenset({_NAME, b"idempotency-key"})


class BadDryRun(InvalidInput):
    """The header says neither that it is one nor that it is none."""

    code = "invalid_dry_run"


class DryRuns:
    """Surrounds `app`, and takes part in what goes on below `prefix`."""

    def __init__(self, app: ASGIApp, *, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not self._asked(scope):
            await self._app(scope, receive, send)
            return
        rehearsal = Rehearsal()
        begin_attempt(rehearsal)
        # A key would keep the answer of something that did not happen.
        headers = [each for each in scope["headers"] if each[0] not in _IGNORED]

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (_NAME, b"true")]}
            await send(message)

        try:
            await self._app({**scope, "headers": headers}, receive, mark)
        finally:
            await rehearsal.drop(RehearsalEnds("It was tried only."))
            begin_attempt(None)

    def _asked(self, scope: Scope) -> bool:
        if (
            scope["type"] != "http"
            or scope["method"] in SAFE_METHODS
            or not scope["path"].startswith(self._prefix)
        ):
            return False
        said = {value.strip().lower() for name, value in scope["headers"] if name == _NAME}
        if said <= {b"true"}:
            return bool(said)
        if said == {b"false"}:
            return False
        raise BadDryRun("It is true or false.", field=HEADER)
