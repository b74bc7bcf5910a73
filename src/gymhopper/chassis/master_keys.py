"""The master keys of an installation, and the text in which they are kept."""

import base64
import binascii
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gymhopper.kernel.errors import GymhopperError

KEY_BYTES = 32
KEY_ID_BYTES = 4
_LASTING = "lasting:"


class BadMasterKey(GymhopperError):
    """A master key is not 32 bytes in base64, or the key service's word is needed to read it."""

    code = "bad_master_key"


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """Master keys, the newest first, and the root of what a rotation must not change.

    The first one is in use; those behind it open what was sealed with them. `root` is None until
    the first rotation: what lasts is derived from the only master key until then.
    """

    masters: tuple[bytes, ...] = field(repr=False)
    root: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.masters or any(
            len(each) != KEY_BYTES for each in (*self.masters, self.lasting)
        ):
            raise BadMasterKey(f"A master key must be {KEY_BYTES} bytes.")

    @classmethod
    def fresh(cls) -> "MasterKeys":
        """A first key."""
        return cls((os.urandom(KEY_BYTES),))

    @classmethod
    def read(cls, text: str) -> "MasterKeys":
        """The keys in base64, separated by spaces or line ends; `lasting:` precedes the root."""
        words = text.split()
        roots = [each.removeprefix(_LASTING) for each in words if each.startswith(_LASTING)]
        try:
            masters = tuple(_decoded(each) for each in words if not each.startswith(_LASTING))
            return cls(masters, _decoded(roots[0]) if roots else None)
        except binascii.Error as error:
            raise BadMasterKey("A master key is not base64.") from error

    def text(self) -> str:
        """What `read` reads."""
        lines = [base64.b64encode(each).decode() for each in self.masters]
        if self.root is not None:
            lines.append(_LASTING + base64.b64encode(self.root).decode())
        return "\n".join(lines) + "\n"

    @property
    def lasting(self) -> bytes:
        """The root of what stays the same under every master key."""
        return self.root or derive(self.masters[-1], "lasting")

    @property
    def ids(self) -> tuple[bytes, ...]:
        """By what each of them is known in what it sealed."""
        return tuple(key_id(each) for each in self.masters)

    def with_new(self) -> "MasterKeys":
        """A fresh key in front, which is in use from now on."""
        return MasterKeys((os.urandom(KEY_BYTES), *self.masters), self.lasting)

    def without(self, identifier: bytes) -> "MasterKeys":
        """All but one; what that one sealed is lost."""
        kept = tuple(each for each in self.masters if key_id(each) != identifier)
        return MasterKeys(kept, self.lasting)


def key_id(master: bytes) -> bytes:
    """Four bytes that tell a master key from others, and nothing about it."""
    return derive(master, "key id")[:KEY_ID_BYTES]


def derive(master: bytes, name: str) -> bytes:
    """The independent 32-byte key of that name (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=name.encode()).derive(master)


def _decoded(word: str) -> bytes:
    return base64.b64decode(word, validate=True)
