"""Sends one signed webhook, and says how that went."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

import httpcore
import httpx

from gymhopper import __version__
from gymhopper.contexts.integrations.domain import signature
from gymhopper.contexts.integrations.domain.errors import TargetRefused
from gymhopper.contexts.integrations.domain.target import Target, read_target
from gymhopper.contexts.integrations.gateways.network import (
    CONNECT_SECONDS,
    NoPublicAddress,
    PinnedBackend,
    checked_addresses,
)
from gymhopper.contexts.integrations.gateways.resolver import Resolve
from gymhopper.kernel.clock import Clock, SystemClock

SECONDS = 15.0
"""All of a delivery: look-up, connection, request and answer, however slowly that drips."""

MOST_READ = 64 * 1024
MOST_KEPT = 1024

Outcome = Literal[
    "answered",
    "target_refused",
    "connection_failed",
    "tls_failed",
    "no_answer",
    "timed_out",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a try ended. `status_code` and `text` (its beginning) are there when it was answered."""

    outcome: Outcome
    milliseconds: int
    status_code: int | None = None
    text: str | None = None
    retry_after: timedelta | None = None

    @property
    def success(self) -> bool:
        """Whether the receiver has it: any 2xx, and nothing else. Redirects are not followed."""
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing any more (410)."""
        return self.status_code == 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is to be sent where, and with which secrets it is signed."""

    url: str
    webhook_id: str
    body: bytes
    secrets: Sequence[bytes]


class WebhookSender:
    """The only way out. `clock` is the outside world's: receivers compare the signature's time with
    their own, which does not move with the platform's."""

    def __init__(
        self,
        resolve: Resolve,
        *,
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._resolve = resolve
        self._allow_private = allow_private
        self._tls = tls or httpx.create_ssl_context()
        self._clock = clock or SystemClock()
        self._seconds = seconds

    async def check(self, url: str) -> str:
        """The URL in its one spelling; TargetRefused when nothing may be sent there now."""
        target = read_target(url, allow_private=self._allow_private)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await checked_addresses(target, self._resolve, allow_private=self._allow_private)
        except (NoPublicAddress, TimeoutError) as error:
            raise TargetRefused("The host has no public address.", field="url") from error
        return target.url

    async def post(self, post: Post) -> Answer:
        """Send it, once. Whatever happens out there is an answer, never an exception."""
        began = time.monotonic()
        outcome: Outcome
        try:
            target = read_target(post.url, allow_private=self._allow_private)
            async with asyncio.timeout(self._seconds):
                status, headers, read = await self._exchange(target, post)
        except (TargetRefused, NoPublicAddress):
            outcome = "target_refused"
        except (TimeoutError, httpcore.TimeoutException):
            outcome = "timed_out"
        except httpcore.ConnectError as error:
            outcome = "tls_failed" if _is_tls(error) else "connection_failed"
        except (httpcore.ProtocolError, httpcore.NetworkError, OSError):
            outcome = "no_answer"
        else:
            return Answer(
                outcome="answered",
                milliseconds=_since(began),
                status_code=status,
                text=_kept(read, post.secrets),
                retry_after=_retry_after(headers, self._clock.now()),
            )
        return Answer(outcome=outcome, milliseconds=_since(began))

    async def _exchange(
        self, target: Target, post: Post
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, headers and the beginning of the body. One connection for one request: each is
        made to an address that was checked just now."""
        backend = PinnedBackend(target, self._resolve, allow_private=self._allow_private)
        url = httpcore.URL(
            scheme=b"https" if target.secure else b"http",
            host=target.host.encode(),
            port=target.port,
            target=target.path.encode(),
        )
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._tls, max_keepalive_connections=0, network_backend=backend
        )
        limits = {"connect": CONNECT_SECONDS, "read": self._seconds, "write": self._seconds}
        async with (
            pool,
            pool.stream(
                "POST",
                url,
                headers=self._headers(target, post),
                content=post.body,
                extensions={"timeout": limits},
            ) as response,
        ):
            read = bytearray()
            async for chunk in response.aiter_stream():
                read += chunk
                if len(read) >= MOST_READ:
                    break
            return response.status, response.headers, bytes(read[:MOST_READ])

    def _headers(self, target: Target, post: Post) -> list[tuple[str, str]]:
        given = {
            "Host": target.authority,
            "Content-Type": "application/json",
            "Content-Length": str(len(post.body)),
            "User-Agent": f"Gymhopper/{__version__} (webhooks)",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **signature.headers(
                post.secrets,
                webhook_id=post.webhook_id,
                timestamp=int(self._clock.now().timestamp()),
                body=post.body,
            ),
        }
        return list(given.items())


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _is_tls(error: BaseException | None) -> bool:
    """Whether TLS is what stood at the beginning of the failure."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _kept(read: bytes, secrets: Sequence[bytes]) -> str:
    """The beginning of an answer as text that PostgreSQL takes, and without our secrets, should the
    receiver's error page show its settings."""
    text = read.decode(errors="replace").replace("\0", "")
    for each in secrets:
        for form in (signature.shown(each), signature.shown(each).removeprefix("whsec_")):
            text = text.replace(form, "[secret]")
    return text[:MOST_KEPT]


def _retry_after(headers: list[tuple[bytes, bytes]], now: datetime) -> timedelta | None:
    """The header of that name (RFC 9110): seconds, or a date."""
    value = next((v for k, v in headers if k.lower() == b"retry-after"), b"").decode("latin-1")
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 10**8))
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
