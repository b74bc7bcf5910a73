"""Changes that are meant for the version which the caller has seen, and for no later one."""

from dataclasses import dataclass
from typing import Protocol

from gymhopper.kernel.errors import GymhopperError


class VersionMismatch(GymhopperError):
    """Somebody else changed it meanwhile."""

    code = "version_mismatch"
    status = 412


class Versioned(Protocol):
    """Something that counts its own changes."""

    @property
    def version(self) -> int:
        """How often it was changed."""
        ...


@dataclass(frozen=True, slots=True)
class Expected:
    """The versions that a change is for; None is any.

    A use case takes it as its last argument, `expected: Expected = ANY`, and says
    `expected.require(door)` when it holds the row's lock, before it changes anything.
    """

    versions: frozenset[int] | None = None

    def require(self, found: Versioned) -> None:
        """Raise VersionMismatch when it is another version than one of those."""
        if self.versions is not None and found.version not in self.versions:
            raise VersionMismatch("It was changed meanwhile; read it again.")


ANY = Expected()
