"""Keys of this installation: master keys, from which every other key is derived by name."""

import base64
import binascii
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gymhopper.kernel.errors import GymhopperError

KEY_ID_BYTES = 4


class BadMasterKey(GymhopperError):
    """A master key is not 32 bytes in base64."""

    code = "bad_master_key"


@dataclass(frozen=True, slots=True)
class DerivedKey:
    """32 bytes for one purpose; `id` (4 bytes) tells from which master key they were derived."""

    id: bytes
    secret: bytes = field(repr=False)


class Secrets:
    """Derives independent 32-byte keys from the master keys (HKDF-SHA256, RFC 5869).

    The first master key is the one in use; those behind it still open what was sealed with them,
    until a rotation has replaced it.
    """

    def __init__(self, *masters: bytes) -> None:
        if not masters or any(len(each) != 32 for each in masters):
            raise BadMasterKey("A master key must be 32 bytes.")
        self._masters = masters

    @classmethod
    def load(cls, given: str | None, folder: Path) -> "Secrets":
        """The given master keys (base64, the newest first, separated by spaces or line ends), or
        those in the folder, where one is made if there is none."""
        if given is not None:
            return cls._read(given)
        path = folder / "master.key"
        try:
            return cls._read(path.read_text())
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            key = os.urandom(32)
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                return cls.load(None, folder)
            with os.fdopen(descriptor, "w") as file:
                file.write(base64.b64encode(key).decode())
            return cls(key)

    @classmethod
    def _read(cls, text: str) -> "Secrets":
        try:
            return cls(*(base64.b64decode(each, validate=True) for each in text.split()))
        except binascii.Error as error:
            raise BadMasterKey("A master key is not base64.") from error

    def key(self, name: str) -> bytes:
        """The 32-byte key for one purpose, such as `internal-api`, from the newest master key."""
        return self.keys(name)[0].secret

    def keys(self, name: str) -> tuple[DerivedKey, ...]:
        """The keys for one purpose from every master key, the newest first."""
        return tuple(
            DerivedKey(_derive(each, "key id")[:KEY_ID_BYTES], _derive(each, name))
            for each in self._masters
        )


def _derive(master: bytes, name: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=name.encode()).derive(master)
