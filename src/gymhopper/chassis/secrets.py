"""Keys of this installation: one master key, from which every other key is derived by name."""

import base64
import binascii
import os
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gymhopper.kernel.errors import GymhopperError


class BadMasterKey(GymhopperError):
    """The master key is not 32 bytes in base64."""

    code = "bad_master_key"


class Secrets:
    """Derives independent 32-byte keys from the master key (HKDF-SHA256, RFC 5869)."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != 32:
            raise BadMasterKey("The master key must be 32 bytes.")
        self._master = master_key

    @classmethod
    def load(cls, given: str | None, folder: Path) -> "Secrets":
        """The given master key (base64), or the one in the folder, which is made if missing."""
        if given is not None:
            try:
                return cls(base64.b64decode(given, validate=True))
            except binascii.Error as error:
                raise BadMasterKey("The master key is not base64.") from error
        path = folder / "master.key"
        try:
            return cls(base64.b64decode(path.read_text()))
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

    def key(self, name: str) -> bytes:
        """The 32-byte key for one purpose, such as `access.credentials`."""
        return HKDF(SHA256(), 32, salt=None, info=name.encode()).derive(self._master)
