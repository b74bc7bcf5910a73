"""How long a request may take: to arrive, and to be answered."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gymhopper.kernel.errors import Unavailable


class BodyTooSlow(HTTPException):
    """The body did not arrive in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            408,
            f"The request's body did not arrive within {seconds:g} s.",
            headers={"Connection": "close"},
        )


class TimedOut(Unavailable):
    """No answer was found in time. What was begun has been rolled back, but for what is done
    together for several who asked, or was being committed: whoever asks again learns of it."""

    code = "timed_out"


class TimeLimits:
    """Ends what takes longer than `upload` seconds to arrive or `handling` seconds to be answered.

    Once an answer has begun, it may take its time: an export is as long as it is.
    """

    def __init__(self, app: ASGIApp, *, handling: float, upload: float) -> None:
        self._app = app
        self._handling = handling
        self._upload = upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def begun(message: Message) -> None:
            limit.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(self._handling) as limit:
                await self._app(scope, self._impatient(receive), begun)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TimedOut(
                "This took too long. Ask again: with the same Idempotency-Key it is done only once."
            ) from error

    def _impatient(self, receive: Receive) -> Receive:
        deadline = asyncio.get_running_loop().time() + self._upload
        whole = False

        async def impatient() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise BodyTooSlow(self._upload) from error
            whole = not message.get("more_body", False)
            return message

        return impatient
