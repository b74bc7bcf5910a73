"""A seal: hashes over a run of entries, chained to the seal before it.

Everything is SHA-256 over bytes that an export has, too, so that anybody can check an export
against seals with standard tools: the hash of an entry is that of its line in JSONL (without the
line end), `digest` that of the entries' hashes in order, the seal's own that of its `header`.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from hashlib import sha256

import msgspec

from gymhopper.kernel.errors import InvalidInput

HASH_BYTES = 32
BEGINNING = bytes(HASH_BYTES)
"""What stands for the seal before the first."""


class BadSeals(InvalidInput):
    """What was kept cannot be read as seals."""

    code = "bad_seals"


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """It covers the entries `first` to `last`, all recorded in one month (UTC)."""

    number: int
    first: int
    last: int
    month: date
    sealed_at: datetime
    hashes: bytes
    previous: bytes
    hash: bytes

    @property
    def count(self) -> int:
        """How many entries it covers."""
        return self.last - self.first + 1

    @property
    def digest(self) -> bytes:
        """The hash of the entries' hashes."""
        return sha256(self.hashes).digest()

    @property
    def header(self) -> bytes:
        """What the seal's own hash is computed over: JSON without spaces, keys in order."""
        return msgspec.json.encode(
            {
                "digest": self.digest.hex(),
                "first": self.first,
                "last": self.last,
                "month": self.month,
                "number": self.number,
                "previous": self.previous.hex(),
                "sealed_at": self.sealed_at.astimezone(UTC),
            },
            order="sorted",
        )

    def line(self) -> bytes:
        """The seal as it is printed, to be kept elsewhere."""
        return self.header[:-1] + b',"hash":"' + self.hash.hex().encode() + b'"}'

    def hash_of(self, number: int) -> bytes:
        """The hash that the entry of this number had when it was sealed."""
        place = (number - self.first) * HASH_BYTES
        return self.hashes[place : place + HASH_BYTES]

    def holds_together(self, before: "Seal | None") -> bool:
        """Whether it follows the one before and is what its hash says."""
        number, last, end = (0, 0, BEGINNING) if before is None else _end(before)
        return (
            self.number == number + 1
            and self.first == last + 1
            and self.last >= self.first
            and len(self.hashes) == self.count * HASH_BYTES
            and self.previous == end
            and self.hash == sha256(self.header).digest()
        )


def seal(before: Seal | None, *, month: date, sealed_at: datetime, lines: Iterable[bytes]) -> Seal:
    """Seal the entries with these canonical lines, which follow the last seal's."""
    number, last, end = (0, 0, BEGINNING) if before is None else _end(before)
    hashes = b"".join(sha256(line).digest() for line in lines)
    unsealed = Seal(
        number=number + 1,
        first=last + 1,
        last=last + len(hashes) // HASH_BYTES,
        month=month,
        sealed_at=sealed_at,
        hashes=hashes,
        previous=end,
        hash=b"",
    )
    return msgspec.structs.replace(unsealed, hash=sha256(unsealed.header).digest())


class _Kept(msgspec.Struct):
    number: int
    hash: str


def kept_hashes(lines: bytes) -> dict[int, bytes]:
    """The hashes by number of seals that were printed, a line each. Raises BadSeals."""
    try:
        found = [msgspec.json.decode(each, type=_Kept) for each in lines.splitlines() if each]
        return {each.number: bytes.fromhex(each.hash) for each in found}
    except (msgspec.DecodeError, ValueError) as error:
        raise BadSeals("These are not seals as `gymhopper audit seals` prints them.") from error


def _end(seal: Seal) -> tuple[int, int, bytes]:
    return seal.number, seal.last, seal.hash
