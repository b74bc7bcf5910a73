"""Device sessions: a signature is exchanged for a short bearer token, so that a scan needs none.

A device signs a challenge with its Ed25519 key (RFC 8032). The challenge carries its own proof of
origin, so asking for one stores nothing; it is remembered only when it is used, and works once.
"""

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from hmac import compare_digest
from typing import Annotated
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gymhopper.contexts.access.domain.records import Device, Id, Instant, milliseconds, moment
from gymhopper.contexts.access.gate.ports import (
    DEVICE,
    NONCE,
    READY,
    SESSION,
    State,
    Write,
    payload_of,
    version_of,
)
from gymhopper.kernel.clock import Clock
from gymhopper.kernel.errors import Forbidden, Unauthenticated, Unavailable

CHALLENGE_LIFETIME = timedelta(minutes=1)
SESSION_LIFETIME = timedelta(hours=1)

_SIGNED_PREFIX = b"gymhopper device session v1\n"
_FINGERPRINT_BYTES = 8

_decode_device = msgspec.msgpack.Decoder(Device).decode


class ChallengeRequest(msgspec.Struct, frozen=True):
    """A device asks for something to sign."""

    device_id: UUID


class Challenge(msgspec.Struct, frozen=True):
    """`nonce` is to be signed as `signed_message` says, before `expires_at`."""

    device_id: UUID
    nonce: str
    expires_at: datetime


class SessionRequest(msgspec.Struct, frozen=True):
    """The answer to a challenge; `signature` is base64url of the 64 bytes."""

    device_id: UUID
    nonce: Annotated[str, msgspec.Meta(max_length=256)]
    signature: Annotated[str, msgspec.Meta(max_length=256)]


class Session(msgspec.Struct, frozen=True):
    """A bearer token for the device; it is told once and stored as a hash."""

    device_id: UUID
    token: str
    expires_at: datetime


class Authenticated(msgspec.Struct, frozen=True, gc=False):
    """A device that showed a live session."""

    device_id: Id
    device: Device


def signed_message(device_id: UUID, nonce: str) -> bytes:
    """The bytes that a device signs."""
    return _SIGNED_PREFIX + f"{device_id}\n{nonce}".encode()


def session_hash(token: bytes) -> bytes:
    """Under which a session is stored: a copy of the store opens no door."""
    return blake2b(token, digest_size=16).digest()


class SessionOffice:
    """Issues challenges and sessions.

    All workers of a deployment share `secret`; `random` gives n unpredictable bytes.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        secret: bytes,
        *,
        lifetime: timedelta = SESSION_LIFETIME,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._state = state
        self._clock = clock
        self._key = blake2b(b"device challenge", key=secret).digest()
        self._lifetime = lifetime
        self._random = random

    def challenge(self, request: ChallengeRequest) -> Challenge:
        """Something fresh to sign; whether the device exists is not told."""
        expires = milliseconds(self._clock.now() + CHALLENGE_LIFETIME)
        body = expires.to_bytes(8, "big") + self._random(16)
        nonce = body + self._proof(request.device_id, body)
        return Challenge(request.device_id, _text(nonce), moment(expires))

    async def open(self, request: SessionRequest) -> Session:
        """A session for the device that signed the challenge.

        Raises Unauthenticated when the signature, the challenge or the device is not good, and
        Forbidden when the device is switched off.
        """
        now = self._clock.now()
        nonce, signature = _raw(request.nonce), _raw(request.signature)
        body, proof = nonce[:24], nonce[24:]
        fresh = milliseconds(now) < int.from_bytes(body[:8], "big")
        genuine = compare_digest(proof, self._proof(request.device_id, body))
        key = DEVICE + request.device_id.bytes
        ready, raw = await self._state.fetch(READY, key)
        if ready is None:
            raise Unavailable("this cell has no complete snapshot yet")
        payload = payload_of(raw)
        device = None if payload is None else _decode_device(payload)
        message = signed_message(request.device_id, request.nonce)
        if not (fresh and genuine and device and _verifies(device, signature, message)):
            raise Unauthenticated("the challenge was not answered rightly")
        if not device.enabled:
            raise Forbidden("this device is switched off")
        token = secrets.token_urlsafe(32)
        until = now + self._lifetime
        opened = await self._state.commit(
            [(NONCE + proof, b""), (key, version_of(raw))],
            [
                Write(NONCE + proof, b"1", 2 * int(CHALLENGE_LIFETIME.total_seconds())),
                Write(
                    SESSION + session_hash(token.encode()),
                    encode_session(request.device_id.bytes, milliseconds(until), device),
                    int(self._lifetime.total_seconds()),
                ),
            ],
            None,
        )
        if not opened:
            raise Unauthenticated("the challenge was used before")
        return Session(request.device_id, token, moment(milliseconds(until)))

    def _proof(self, device_id: UUID, body: bytes) -> bytes:
        return blake2b(device_id.bytes + body, key=self._key, digest_size=16).digest()


def encode_session(device_id: Id, expires: Instant, device: Device) -> bytes:
    """The stored form: device id, expiry, and the start of the key that it was opened with."""
    return device_id + expires.to_bytes(8, "big") + device.public_key[:_FINGERPRINT_BYTES]


class DeviceSessions:
    """Checks sessions that a look at the state found, and keeps decoded devices."""

    def __init__(self, *, keep: int = 4096) -> None:
        self._devices: dict[bytes, Device] = {}
        self._keep = keep

    def authenticate(self, session: bytes | None, raw: bytes | None, now: Instant) -> Authenticated:
        """The device behind a stored session and its own stored record.

        Raises Unauthenticated when there is no live session for it, Forbidden when the device is
        switched off.
        """
        if session is None or now >= int.from_bytes(session[16:24], "big"):
            raise Unauthenticated("no live device session; open one with a signed challenge")
        device = None if raw is None else self._devices.get(raw) or self._decoded(raw)
        if device is None or device.public_key[:_FINGERPRINT_BYTES] != session[24:]:
            raise Unauthenticated("this device was removed or has a new key")
        if not device.enabled:
            raise Forbidden("this device is switched off")
        return Authenticated(session[:16], device)

    def _decoded(self, raw: bytes) -> Device | None:
        payload = payload_of(raw)
        if payload is None:
            return None
        if len(self._devices) >= self._keep:
            self._devices.clear()
        device = self._devices[raw] = _decode_device(payload)
        return device


def _verifies(device: Device, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(device.public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    """Base64url with or without padding; empty when it is none."""
    try:
        return urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except (BadBase64, ValueError):
        return b""
