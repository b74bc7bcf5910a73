"""How many wrong tries are borne, and how soon they are forgotten.

A bucket for each thing that is counted: every wrong try adds one, and one runs out after each
`leak`. When it is full, further tries are refused before anything is checked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from gymhopper.kernel.errors import GymhopperError


class TooManyAttempts(GymhopperError):
    """Refused unseen; `retry_after` seconds later one more try is possible."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__("This was tried too often; wait a while, or sign in by a link.")
        self.retry_after = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Up to `most` tries at once, then one each `leak`."""

    name: str
    most: int
    leak: timedelta


KNOWN_DEVICE = Limit(name="device", most=10, leak=timedelta(minutes=2))
"""Of one device at an account that it has signed in to before: nobody else can fill it."""

NETWORK_AT_ACCOUNT = Limit(name="network at account", most=5, leak=timedelta(minutes=3))
NETWORK = Limit(name="network", most=50, leak=timedelta(seconds=30))
"""Generous, for whole gyms sit behind one address."""

STRANGERS_AT_ACCOUNT = Limit(name="strangers at account", most=100, leak=timedelta(minutes=1))
"""Of all devices together that the account does not know: a password guessed from everywhere."""

LINKS_TO_ADDRESS = Limit(name="links to address", most=5, leak=timedelta(minutes=5))
"""Shorter than a link lives, so that whoever asks for them in another's name keeps nobody out: a
good one is always in the mailbox."""

LINKS_FROM_NETWORK = Limit(name="links from network", most=30, leak=timedelta(minutes=1))

OF_ONE_CALLER = frozenset({KNOWN_DEVICE, NETWORK_AT_ACCOUNT})
"""Filled by one caller at one account: emptied when that caller signs in."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a try counts against: a limit, and whose."""

    limit: Limit
    whose: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """How full it was at an instant."""

    level: float
    at: datetime

    def level_at(self, now: datetime, limit: Limit) -> float:
        """How full it is now."""
        return max(0.0, self.level - max(timedelta(), now - self.at) / limit.leak)

    def wait(self, now: datetime, limit: Limit) -> int:
        """Seconds until one more fits; 0 when it fits now."""
        over = self.level_at(now, limit) + 1 - limit.most
        return 0 if over <= 1e-9 else ceil(over * limit.leak.total_seconds())


def password_tries(account: bytes, network: str, known_device: UUID | None) -> list[Tried]:
    """What a wrong password for the account (its blind index) counts against.

    An attacker fills the buckets of strangers, never that of the owner's own device.
    """
    if known_device is not None:
        return [Tried(KNOWN_DEVICE, f"{known_device} {account.hex()}")]
    return [
        Tried(NETWORK_AT_ACCOUNT, f"{network} {account.hex()}"),
        Tried(NETWORK, network),
        Tried(STRANGERS_AT_ACCOUNT, account.hex()),
    ]
