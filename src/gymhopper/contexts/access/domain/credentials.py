"""What a reader presents, and the key under which a cell knows it."""

import re
from hashlib import blake2b

KINDS = ("card", "pass")

_CARD = re.compile(r"[0-9A-Za-z]{1,64}")
_CARD_SEPARATORS = str.maketrans("", "", " :-")
_PASS = re.compile(r"[\x21-\x7e]{1,512}")


def normalise(kind: str, value: str) -> str | None:
    """The value in its one spelling, or None when it cannot be a value of that kind.

    Card numbers are read as letters and digits, whatever the case and the separators that a
    reader puts between the bytes; a pass is printable ASCII as it stands.
    """
    if kind == "card":
        card = value.translate(_CARD_SEPARATORS)
        return card.upper() if _CARD.fullmatch(card) else None
    if kind == "pass":
        return value if _PASS.fullmatch(value) else None
    return None


def credential_key(secret: bytes, kind: str, value: str) -> bytes | None:
    """The 16-byte keyed hash (BLAKE2b, RFC 7693) of a credential; None when it is malformed.

    `secret` is 16 to 64 bytes, the same for all cells of a deployment. Numbers on cards are few
    enough to be tried out, so a hash without a secret would not hide them.
    """
    plain = normalise(kind, value)
    if plain is None:
        return None
    return blake2b(f"{kind}\0{plain}".encode(), key=secret, digest_size=16).digest()
