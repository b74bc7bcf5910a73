"""A service that keeps the key of keys: it wraps and unwraps the master keys and never gives its
own key away."""

import base64
import binascii
from pathlib import Path
from typing import Any, Protocol

import httpx

from gymhopper.kernel.errors import Unavailable

DEADLINE = 10.0
"""Seconds in which the service must answer when a process starts."""

WRAPPED = "vault:"
"""How everything begins that the transit engine of HashiCorp Vault or OpenBao has wrapped."""


class KeyServiceUnavailable(Unavailable):
    """The key service did not unwrap the master keys; nothing can start without them."""

    code = "key_service_unavailable"


class KeyService(Protocol):
    """Wraps a secret in text that only the service can unwrap."""

    def wrap(self, secret: bytes) -> str:
        """The secret for everybody's eyes. Raises KeyServiceUnavailable."""
        ...

    def unwrap(self, wrapped: str) -> bytes:
        """The secret. Raises KeyServiceUnavailable."""
        ...


class TransitService:
    """The transit engine's HTTP API, as Vault's API documentation describes it ("Transit secrets
    engine"): `POST /v1/transit/encrypt/{key}` and `/decrypt/{key}`.

    The token is read from its file at each call, so that an agent may renew it.
    """

    def __init__(self, url: str, token_file: Path | None, key: str) -> None:
        self._url = url.rstrip("/")
        self._token_file = token_file
        self._key = key

    def wrap(self, secret: bytes) -> str:
        """Have it encrypted."""
        data = self._ask("encrypt", {"plaintext": base64.b64encode(secret).decode()})
        wrapped = data.get("ciphertext")
        if not isinstance(wrapped, str) or not wrapped.startswith(WRAPPED):
            raise KeyServiceUnavailable(f"{self._url} answered without a ciphertext.")
        return wrapped

    def unwrap(self, wrapped: str) -> bytes:
        """Have it decrypted."""
        plain = self._ask("decrypt", {"ciphertext": wrapped}).get("plaintext")
        try:
            return base64.b64decode(str(plain or ""), validate=True)
        except binascii.Error as error:
            raise KeyServiceUnavailable(f"{self._url} answered without a plaintext.") from error

    def _ask(self, verb: str, body: dict[str, str]) -> dict[str, Any]:
        try:
            answer = httpx.post(
                f"{self._url}/v1/transit/{verb}/{self._key}",
                json=body,
                headers={"X-Vault-Token": self._token()},
                timeout=DEADLINE,
            )
            data = answer.json().get("data") if answer.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError, AttributeError) as error:
            raise KeyServiceUnavailable(
                f"The key service at {self._url} cannot be reached: {error}."
            ) from error
        if not isinstance(data, dict):
            raise KeyServiceUnavailable(
                f"The key service at {self._url} refused to {verb} with the key {self._key}:"
                f" it answered {answer.status_code}."
            )
        return data

    def _token(self) -> str:
        if self._token_file is None:
            raise KeyServiceUnavailable(
                "The key service asks for a token: set GYMHOPPER_KEY_SERVICE_TOKEN_FILE."
            )
        try:
            return self._token_file.read_text().strip()
        except OSError as error:
            raise KeyServiceUnavailable(
                f"The key service's token cannot be read: {error.strerror}, {self._token_file}."
            ) from error
