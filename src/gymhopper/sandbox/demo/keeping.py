"""What a demonstration remembers from one start to the next, in a file that only we may read."""

import base64
import os
import textwrap
from datetime import datetime
from hashlib import sha256
from hmac import digest
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FILE = "demo.json"


class FoundedVenue(msgspec.Struct, frozen=True):
    """A location as the platform knows it."""

    location_id: UUID
    organisation_id: UUID


class FoundedDoor(msgspec.Struct, frozen=True):
    """A door, and the reader that speaks for it. `venue` and `name` say which of the network's."""

    venue: str
    name: str
    door_id: UUID
    device_id: UUID


class FoundedOffer(msgspec.Struct, frozen=True):
    """A plan and its one price."""

    plan_id: UUID
    price_id: UUID


class Founded(msgspec.Struct, frozen=True):
    """The ids that the network has got; venues and offers by name."""

    operator_id: UUID
    venues: dict[str, FoundedVenue]
    offers: dict[str, FoundedOffer]
    doors: tuple[FoundedDoor, ...]
    strangers: tuple[str, ...]


class Kept(msgspec.Struct, kw_only=True):
    """How far the demonstration has come. `opened_at` is the instant at which it first began."""

    opened_at: datetime
    members: int
    administrator: str | None = None
    founded: Founded | None = None
    loaded: bool = False
    paid_at: datetime | None = None


class Keeping:
    """The file in the data folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def read(self) -> Kept | None:
        """What was written last; None at the first start."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return None

    def write(self, kept: Kept) -> None:
        """Replace the file in one step."""
        write_privately(self._path, msgspec.json.format(msgspec.json.encode(kept)))


def write_privately(path: Path, content: bytes) -> None:
    """Put the content there in one step, for nobody else to read."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)


class Keyring:
    """Passes and the keys of readers, all made from one secret of the installation.

    So they need not be kept, and loading that was broken off can go on where it was.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def pass_value(self, ref: str) -> str:
        """What the person of that reference shows at doors."""
        return base64.urlsafe_b64encode(self._derive("pass", ref)[:24]).decode()

    def password(self) -> str:
        """What everybody signs in with: hard to guess from outside, easy to copy."""
        return "-".join(textwrap.wrap(self._derive("password", "")[:8].hex(), 4))

    def reader_key(self, venue: str, door: str) -> Ed25519PrivateKey:
        """The private key that the door's reader signs in with."""
        return Ed25519PrivateKey.from_private_bytes(self._derive("reader", f"{venue}/{door}"))

    def _derive(self, purpose: str, ref: str) -> bytes:
        return digest(self._secret, f"{purpose}:{ref}".encode(), sha256)
