"""What a roster says of people, sealed until its rows were worked on."""

from uuid import UUID

import msgspec

from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.sponsor import Entitled

PURPOSE = "membership.roster"


class RosterSeal:
    """Seals rows with the installation's keys, each for itself."""

    def __init__(self, secrets: Secrets) -> None:
        self._sealer = Sealer(secrets, PURPOSE)

    def seal(self, entry_id: UUID, person: Entitled) -> bytes:
        """It opens only as the same row."""
        return self._sealer.seal(msgspec.json.encode(person), bound_to=entry_id.bytes)

    def open(self, entry_id: UUID, sealed: bytes) -> Entitled:
        """Whom the row is about."""
        plain = self._sealer.open(sealed, bound_to=entry_id.bytes)
        return msgspec.json.decode(plain, type=Entitled)
