"""A passkey device in a few lines, which can also be told to lie."""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from os import urandom
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, encode_cbor

PRESENT, VERIFIED, BACKUP, ATTESTED = 0x01, 0x04, 0x18, 0x40


@dataclass
class SoftKey:
    """A key of one site; what is sent can be changed by keyword."""

    site: str = "localhost"
    origin: str = "http://localhost:8700"
    count: int = 0
    handle: bytes = b""
    id: bytes = field(default_factory=lambda: urandom(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def register(self, options: dict[str, Any], **lies: Any) -> dict[str, Any]:
        """What `navigator.credentials.create()` would give."""
        self.handle = base64url_to_bytes(options["user"]["id"])
        data = self._client_data("webauthn.create", options["challenge"], lies)
        numbers = self.key.public_key().public_numbers()
        cose = encode_cbor(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        )
        held = bytes(16) + len(self.id).to_bytes(2) + self.id + cose
        flags = lies.get("flags", PRESENT | VERIFIED) | ATTESTED
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._about(flags, lies) + held}
        return self._credential(
            clientDataJSON=b64(data),
            attestationObject=b64(encode_cbor(attestation)),
            transports=["internal"],
        )

    def sign(self, options: dict[str, Any], **lies: Any) -> dict[str, Any]:
        """What `navigator.credentials.get()` would give."""
        data = self._client_data("webauthn.get", options["challenge"], lies)
        about = self._about(lies.get("flags", PRESENT | VERIFIED), lies)
        signed = about + hashlib.sha256(data).digest()
        return self._credential(
            clientDataJSON=b64(lies.get("sent_data", data)),
            authenticatorData=b64(about),
            signature=b64(self.key.sign(signed, ec.ECDSA(SHA256()))),
            userHandle=b64(lies.get("handle", self.handle)),
        )

    def _client_data(self, kind: str, challenge: str, lies: dict[str, Any]) -> bytes:
        return json.dumps(
            {
                "type": lies.get("type", kind),
                "challenge": lies.get("challenge", challenge),
                "origin": lies.get("origin", self.origin),
                "crossOrigin": lies.get("cross_origin", False),
            }
        ).encode()

    def _about(self, flags: int, lies: dict[str, Any]) -> bytes:
        site = hashlib.sha256(lies.get("site", self.site).encode()).digest()
        return site + bytes([flags]) + lies.get("count", self.count).to_bytes(4)

    def _credential(self, **response: Any) -> dict[str, Any]:
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
