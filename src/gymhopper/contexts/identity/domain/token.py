"""The secret that a caller sends, and the little of it that we keep."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_FORM = re.compile(r"gh_([0-9a-f]{12})_([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Token:
    """`gh_<prefix>_<secret>`: the prefix finds the key, the secret proves that it is held.

    The secret has 256 random bits, so a plain SHA-256 of it cannot be reversed by guessing; slow
    hashes are for what people can remember.
    """

    prefix: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Token:
        """A token that nobody has."""
        return cls(secrets.token_hex(6), secrets.token_hex(32))

    @classmethod
    def parse(cls, text: str) -> Token | None:
        """Read a token; None when it has not the form of one."""
        found = _FORM.fullmatch(text)
        return cls(*found.groups()) if found else None

    def reveal(self) -> str:
        """The text that the caller keeps. For its eyes only, once."""
        return f"gh_{self.prefix}_{self.secret}"

    def hash(self) -> bytes:
        """What is stored instead of the secret."""
        return hashlib.sha256(self.secret.encode()).digest()
