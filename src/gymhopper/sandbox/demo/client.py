"""A client of the platform's own API, as any integrator would write one."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gymhopper.contexts.access.gate.sessions import signed_message
from gymhopper.kernel.errors import GymhopperError

T = TypeVar("T")
Json = dict[str, Any]

PREFIX = "/api/v1"
PATIENCE = 15.0
"""Seconds within which what was said must have arrived everywhere."""


class UnexpectedAnswer(GymhopperError):
    """The platform did not answer as the API promises; the sentence has what it said."""

    code = "unexpected_answer"


class NotSignedIn(UnexpectedAnswer):
    """The token or session is not known, or has ended."""


class Platform:
    """Calls the API with one token. Where contexts run apart, `urls` gives the base of each by the
    first part of the path; everything else goes to `url`."""

    def __init__(
        self, url: str, token: str | None = None, *, urls: Mapping[str, str] | None = None
    ) -> None:
        self.url = url
        self._urls = urls or {}
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._client = httpx.AsyncClient(timeout=10)

    async def get(self, path: str, **query: object) -> Any:
        """The answer to a GET, decoded."""
        return await self._call("GET", path, params={k: str(v) for k, v in query.items()})

    async def post(
        self,
        path: str,
        body: Json | None = None,
        *,
        token: str | None = None,
        key: str | None = None,
    ) -> Any:
        """The answer to a POST, decoded; with another token when one is given. With a `key` the
        request may be sent again: what was done once is answered alike, and not done twice."""
        sent = None if key is None else {"Idempotency-Key": key}
        return await self._call("POST", path, json=body or {}, token=token, sent=sent)

    async def put(self, path: str, body: Json) -> Any:
        """The answer to a PUT, decoded."""
        return await self._call("PUT", path, json=body)

    async def patch(self, path: str, body: Json) -> Any:
        """The answer to a PATCH, decoded."""
        return await self._call("PATCH", path, json=body)

    async def delete(self, path: str) -> Any:
        """The answer to a DELETE, decoded; None when it is empty."""
        return await self._call("DELETE", path)

    async def deliver(self, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """The answer to raw bytes, as a provider's webhook sends them."""
        return await self._call("POST", path, content=body, sent=headers)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        sent: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Any:
        base = self._urls.get(path.split("/")[1], self.url)
        headers = self._headers if token is None else {"Authorization": f"Bearer {token}"}
        headers = {**headers, **(sent or {})}
        response = await self._client.request(method, base + PREFIX + path, headers=headers, **body)
        if response.is_error:
            unknown = response.status_code == httpx.codes.UNAUTHORIZED
            kind = NotSignedIn if unknown else UnexpectedAnswer
            raise kind(f"{method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def until(
    ask: Callable[[], Awaitable[T]],
    good: Callable[[T], bool],
    *,
    what: str,
    pause: float = 0.02,
) -> T:
    """Ask again and again until the answer is good: effects travel by events.

    Raises UnexpectedAnswer with the last answer when patience ends.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        answer = await ask()
        if good(answer):
            return answer
        if asyncio.get_running_loop().time() > deadline:
            raise UnexpectedAnswer(f"{what}: still {answer}")
        await asyncio.sleep(pause)


class Reader:
    """A device at a door: it holds its own key, keeps a session, and scans.

    One that was enrolled before brings its id and its key.
    """

    def __init__(
        self,
        platform: Platform,
        door_id: str,
        *,
        device_id: str = "",
        key: Ed25519PrivateKey | None = None,
    ) -> None:
        self._platform = platform
        self._key = key or Ed25519PrivateKey.generate()
        self._device_id = device_id
        self.session = ""
        self.door_id = door_id

    async def enrol(self, code: str) -> None:
        """Leave the public key, with the code that somebody typed in."""
        public_key = self._key.public_key().public_bytes_raw()
        answer = await self._platform.post(
            "/devices/enrol",
            {"code": code, "public_key": base64.b64encode(public_key).decode()},
        )
        self._device_id = answer["id"]

    async def sign_in(self) -> None:
        """Exchange a signature for a session."""
        challenge = await self._platform.post(
            "/access/sessions/challenge", {"device_id": self._device_id}
        )
        signature = self._key.sign(signed_message(UUID(self._device_id), challenge["nonce"]))
        session = await self._platform.post(
            "/access/sessions",
            {
                "device_id": self._device_id,
                "nonce": challenge["nonce"],
                "signature": base64.urlsafe_b64encode(signature).decode(),
            },
        )
        self.session = session["token"]

    async def scan(self, kind: str, value: str, *, request_id: str | None = None) -> Json:
        """Present something; the door's answer. A session that has ended is renewed, once."""
        body = {
            "request_id": request_id or str(uuid4()),
            "credential": {"type": kind, "value": value},
            "door_id": self.door_id,
        }
        try:
            return await self._check_in(body)
        except NotSignedIn:
            await self.sign_in()
            return await self._check_in(body)

    async def _check_in(self, body: Json) -> Json:
        answer: Json = await self._platform.post("/access/checkin", body, token=self.session)
        return answer
