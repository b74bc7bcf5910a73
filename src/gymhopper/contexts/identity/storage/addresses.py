"""E-mail addresses of accounts: sealed, and found by a blind index."""

from uuid import UUID

from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.identity.domain.email import normal_email

PURPOSE = "identity.sign-in"


class AddressSeal:
    """Seals what people sign in with; what is sealed for one row opens beside no other."""

    def __init__(self, secrets: Secrets) -> None:
        self._sealer = Sealer(secrets, PURPOSE)

    def seal(self, row_id: UUID, text: str) -> bytes:
        """Encrypt an address, or a name, for the row."""
        return self._sealer.seal(text.encode(), bound_to=row_id.bytes)

    def open(self, row_id: UUID, sealed: bytes) -> str:
        """Decrypt; InvalidTag when it was altered or belongs to another row."""
        return self._sealer.open(sealed, bound_to=row_id.bytes).decode()

    def index(self, email: str) -> bytes:
        """What is stored beside the address to find it again."""
        return self._sealer.index("email", normal_email(email))

    def indexes(self, email: str) -> tuple[bytes, ...]:
        """What the address may be stored under."""
        return self._sealer.indexes("email", normal_email(email))
