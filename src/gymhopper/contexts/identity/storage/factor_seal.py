"""Secrets of second factors: sealed, or kept as keyed hashes only."""

import hmac
from hashlib import sha256
from uuid import UUID

from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import Secrets

PURPOSE = "identity.factors"


class FactorSeal:
    """Seals the secrets of apps, and hides recovery codes.

    A recovery code is short enough to be guessed from a plain hash, so its hash is a keyed one: the
    database alone does not give it away.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._sealer = Sealer(secrets, PURPOSE)
        # Nobody knows the codes any more: their hashes stay as they are through every rotation.
        self._hashing = secrets.lasting(f"{PURPOSE}.recovery")

    def seal(self, account_id: UUID, secret: bytes) -> bytes:
        """Encrypt an app's secret for the account."""
        return self._sealer.seal(secret, bound_to=account_id.bytes)

    def open(self, account_id: UUID, sealed: bytes) -> bytes:
        """Decrypt; InvalidTag when it was altered or is another account's."""
        return self._sealer.open(sealed, bound_to=account_id.bytes)

    def recovery(self, account_id: UUID, code: str) -> bytes:
        """What the code, in its normal form, is stored as."""
        return hmac.digest(self._hashing, f"{account_id} {code}".encode(), sha256)
