"""Keys that live in a person's device and never leave it (WebAuthn level 2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

CHALLENGE_LIFE = timedelta(minutes=5)
MOST = 20
"""Passkeys of one account."""

_THIS_MACHINE = frozenset({"127.0.0.1", "::1"})


@dataclass(eq=False, kw_only=True)
class Passkey:
    """A public key of an account.

    `sign_count` is what the device counted at its latest use; synchronised keys always say 0.
    `suspect_since` is set when a count did not grow: two devices may hold the same key, and nobody
    can tell which of them is the person's. Such a key opens nothing until it is registered anew.
    """

    id: UUID
    account_id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    transports: tuple[str, ...]
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None = None
    suspect_since: datetime | None = None
    version: int = 1

    def rename(self, name: str) -> None:
        """Call it something else."""
        if name != self.name:
            self.name = name
            self.version += 1

    def use(self, sign_count: int, *, backed_up: bool, now: datetime) -> bool:
        """Note a proved use; False when the key is suspect, or becomes so: the count did not grow.

        A device that does not count says 0 for ever (WebAuthn section 6.1.1), which is allowed as
        long as it never counted before.
        """
        if self.suspect_since is not None:
            return False
        if (sign_count or self.sign_count) and sign_count <= self.sign_count:
            self.suspect_since = now
            self.version += 1
            return False
        self.sign_count = sign_count
        self.backed_up = backed_up
        self.last_used_at = now
        return True


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The site for which keys are made: `id` is its host, `origin` where its pages come from."""

    id: str
    origin: str

    @classmethod
    def at(cls, public_url: str) -> "RelyingParty":
        """The site at this address. Browsers accept https, and http on localhost: by that name,
        for a key belongs to a name and not to a number."""
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        if host in _THIS_MACHINE:
            port = f":{parts.port}" if parts.port else ""
            return cls("localhost", f"{parts.scheme}://localhost{port}")
        return cls(host, f"{parts.scheme}://{parts.netloc}")
