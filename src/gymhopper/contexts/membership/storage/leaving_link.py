"""The signed links of those who leave without signing in, and what is sealed of them."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from uuid import UUID

import msgspec

from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.leaving_request import Claim

PURPOSE = "membership.leaving"
_ID_BYTES = 16


class LeavingSeal:
    """Signs links (HMAC-SHA-256) and seals claims with the installation's keys."""

    def __init__(self, secrets: Secrets) -> None:
        self._sealer = Sealer(secrets, PURPOSE)

    def seal(self, request_id: UUID, claim: Claim) -> bytes:
        """It opens only for the same request."""
        return self._sealer.seal(msgspec.json.encode(claim), bound_to=request_id.bytes)

    def open(self, request_id: UUID, sealed: bytes) -> Claim:
        """Who they say they are."""
        plain = self._sealer.open(sealed, bound_to=request_id.bytes)
        return msgspec.json.decode(plain, type=Claim)

    def token(self, request_id: UUID) -> str:
        """What the link shows: always the same for a request, and for nobody else to make."""
        signed = request_id.bytes + self._sealer.index("link", request_id.hex)
        return urlsafe_b64encode(signed).decode().rstrip("=")

    def read(self, token: str) -> UUID | None:
        """The request whose link this is; None for what was not signed here."""
        try:
            signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (NotBase64, ValueError):
            return None
        if len(signed) <= _ID_BYTES:
            return None
        request_id = UUID(bytes=signed[:_ID_BYTES])
        for known in self._sealer.indexes("link", request_id.hex):
            if hmac.compare_digest(known, signed[_ID_BYTES:]):
                return request_id
        return None
