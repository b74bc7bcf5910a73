"""Keys of this installation: master keys, from which every other key is derived by name."""

from dataclasses import dataclass, field
from pathlib import Path

from gymhopper.chassis.key_sources import FileKeys, GivenKeys, KeySource
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.master_keys import KEY_ID_BYTES, BadMasterKey, MasterKeys, derive, key_id
from gymhopper.kernel.errors import GymhopperError

__all__ = ["KEY_ID_BYTES", "BadMasterKey", "DerivedKey", "Secrets"]

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DerivedKey:
    """32 bytes for one purpose; `id` (4 bytes) tells from which master key they were derived."""

    id: bytes
    secret: bytes = field(repr=False)


class Secrets:
    """Derives independent 32-byte keys from the master keys (HKDF-SHA256, RFC 5869).

    The first master key is the one in use; those behind it still open what was sealed with them,
    until a rotation has replaced it. Where they come from a file, they follow the file: whoever
    keeps a derived key for long keeps an old one.
    """

    def __init__(self, *masters: bytes) -> None:
        self._source: KeySource | None = None
        self._take(MasterKeys(masters))

    @classmethod
    def load(cls, given: str | None, folder: Path) -> "Secrets":
        """The given master keys (base64, the newest first, separated by spaces or line ends), or
        those in the folder, where one is made if there is none."""
        return cls.following(FileKeys(folder) if given is None else GivenKeys(given))

    @classmethod
    def following(cls, source: KeySource) -> "Secrets":
        """What the source has, now and later. Raises what the source raises."""
        keys = source.read()
        made = cls(*keys.masters)
        made._source = source
        made._take(keys)
        return made

    def key(self, name: str) -> bytes:
        """The 32-byte key for one purpose, such as `internal-api`, from the newest master key."""
        return self.keys(name)[0].secret

    def keys(self, name: str) -> tuple[DerivedKey, ...]:
        """The keys for one purpose from every master key, the newest first."""
        self._follow()
        known = self._derived.get(name)
        if known is None:
            known = self._derived[name] = tuple(
                DerivedKey(key_id(each), derive(each, name)) for each in self._keys.masters
            )
        return known

    def lasting(self, name: str) -> bytes:
        """The 32-byte key for a purpose in which it can never be replaced: what was made with it
        cannot be made again. It stays the same through every rotation."""
        return derive(self._keys.lasting, name)

    def ids(self) -> tuple[bytes, ...]:
        """The ids of the master keys, the newest first."""
        return tuple(each.id for each in self.keys("key id"))

    def _follow(self) -> None:
        if self._source is None or not self._source.changed():
            return
        try:
            self._take(self._source.read())
        except (GymhopperError, OSError):  # the keys that are known go on working
            log.warning("master_keys_unreadable", exc_info=True)

    def _take(self, keys: MasterKeys) -> None:
        self._keys = keys
        self._derived: dict[str, tuple[DerivedKey, ...]] = {}
