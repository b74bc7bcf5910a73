"""Tokens that mean something to nobody but us: an id that finds a row, a secret that proves it."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from uuid import UUID

SESSION = "ghs"
ACCESS = "gha"
REFRESH = "ghr"
PENDING = "ghp"
LINK = "ghl"
INVITATION = "ghi"

_FORM = re.compile(r"(gh[a-z])_([0-9a-f]{32})_([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class OpaqueToken:
    """`<kind>_<id>_<secret>`; the secret has 256 random bits, of which only a SHA-256 is kept."""

    kind: str
    id: UUID
    secret: str = field(repr=False)

    @classmethod
    def new(cls, kind: str, row_id: UUID) -> OpaqueToken:
        """A token for the row that nobody has."""
        return cls(kind, row_id, secrets.token_hex(32))

    @classmethod
    def parse(cls, kind: str, text: str) -> OpaqueToken | None:
        """Read a token of this kind; None when it has not the form of one."""
        found = _FORM.fullmatch(text)
        if found is None or found[1] != kind:
            return None
        return cls(kind, UUID(hex=found[2]), found[3])

    def reveal(self) -> str:
        """The text that its holder keeps. For its eyes only, once."""
        return f"{self.kind}_{self.id.hex}_{self.secret}"

    def hash(self) -> bytes:
        """What is stored instead of the secret."""
        return hashlib.sha256(self.secret.encode()).digest()
