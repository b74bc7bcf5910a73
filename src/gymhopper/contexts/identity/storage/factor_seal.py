"""Secrets of second factors: sealed, or kept as keyed hashes only."""

from uuid import UUID

from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import Secrets


class FactorSeal:
    """Seals the secrets of apps, and hides recovery codes.

    A recovery code is short enough to be guessed from a plain hash, so its hash is a keyed one: the
    database alone does not give it away.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._sealer = Sealer(secrets, "identity.factors")

    def seal(self, account_id: UUID, secret: bytes) -> bytes:
        """Encrypt an app's secret for the account."""
        return self._sealer.seal(secret, bound_to=account_id.bytes)

    def open(self, account_id: UUID, sealed: bytes) -> bytes:
        """Decrypt; InvalidTag when it was altered or is another account's."""
        return self._sealer.open(sealed, bound_to=account_id.bytes)

    def recovery(self, account_id: UUID, code: str) -> tuple[bytes, ...]:
        """What the code, in its normal form, may be stored under; new ones under the first."""
        return self._sealer.indexes("recovery code", f"{account_id} {code}")
