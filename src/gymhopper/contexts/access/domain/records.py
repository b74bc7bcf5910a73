"""The records that a cell is fed with, in the compact form in which it stores them.

A record is absolute state: it holds all there is to know about its key. Ids are the 16 bytes of a
UUID, instants whole milliseconds since 1970 (UTC), stretches half-open. Records are msgpack
arrays; a new field goes to the end and has a default, so that old and new processes read each
other's.
"""

from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Literal

import msgspec

from gymhopper.kernel.calendar import WeeklyHours
from gymhopper.kernel.term import Interval

Id = bytes
Instant = int

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(instant: datetime) -> Instant:
    """Whole milliseconds since 1970 (rounded down)."""
    return (instant - _EPOCH) // _MILLISECOND


def moment(at: Instant) -> datetime:
    """The aware UTC datetime of a stored instant; OverflowError outside the years 1 to 9999."""
    return _EPOCH + at * _MILLISECOND


class GrantKind(IntEnum):
    """What a visit uses up, in the order of what is cheapest for the member."""

    BOOKING = 0
    UNLIMITED = 1
    ALLOWANCE = 2
    PARTNER = 3
    CREDIT = 4
    GUEST = 5


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of every fed record."""


class Stop(Record, frozen=True, array_like=True, gc=False):
    """A stretch `[start, until)` without access, and the code that says why; None has no end."""

    code: str
    start: Instant
    until: Instant | None = None

    def at(self, now: Instant) -> bool:
        """Whether access is stopped at `now`."""
        return self.start <= now and (self.until is None or now < self.until)


class Home(Record, frozen=True, array_like=True, gc=False):
    """A location that is home from an instant on."""

    location_id: Id
    start: Instant


class Cycle(Record, frozen=True, array_like=True, gc=False):
    """A contract's periods: `count` intervals each, from a local day (ordinal) on."""

    first_day: int
    interval: Interval
    count: int


class Grant(Record, frozen=True, array_like=True, gc=False):
    """One compiled right of a person.

    It admits in `[start, hard_until)`, from `soft_until` on with the notice of a grace; at and
    after `hard_until` it answers `end_code`. `policy` is the content hash of its coverage, `zone`
    the contract's IANA zone, in which months are counted. `credits` is how many visits there were
    or will be credits for, in all: what is left is that without the visits that were counted.
    `homes` are in the order of their dates. `host` is who has to have come in before a guest.
    That of a booking has the booking's id, also for its membership where it rests on none.
    """

    grant_id: Id
    membership_id: Id
    organisation_id: Id
    policy: bytes
    zone: str
    start: Instant
    soft_until: Instant
    hard_until: Instant
    end_code: str
    stops: tuple[Stop, ...] = ()
    kind: GrantKind = GrantKind.UNLIMITED
    credits: int | None = None
    homes: tuple[Home, ...] = ()
    cycle: Cycle | None = None
    host: Id | None = None

    def home_at(self, now: Instant) -> Id | None:
        """The location that is home at `now`."""
        home = None
        for each in self.homes:
            if each.start <= now:
                home = each.location_id
        return home

    @property
    def booking_id(self) -> Id | None:
        """The booking that it was compiled from."""
        return self.grant_id if self.kind is GrantKind.BOOKING else None


class Person(Record, frozen=True, array_like=True, gc=False):
    """Everything a person may do at doors; `blocks` hold for all grants."""

    grants: tuple[Grant, ...] = ()
    blocks: tuple[Stop, ...] = ()


class Credential(Record, frozen=True, array_like=True, gc=False):
    """Something to present at a door, valid in `[start, until)`.

    `person_id` stays the first field: stores find the person by its place in the bytes.
    """

    person_id: Id
    credential_id: Id
    start: Instant | None = None
    until: Instant | None = None
    revoked: bool = False


class Door(Record, frozen=True, array_like=True, gc=False):
    """A door with what a decision needs to know of its location.

    `hours` are the location's weekly hours (None: around the clock), `exceptions` replace them on
    single dates (proleptic ordinal of the local date to open minutes of that day). Windows and
    holds are in seconds; `same_visit` is at most a day.
    """

    location_id: Id
    organisation_id: Id
    area_id: Id | None
    city: str
    tier: int
    zone: str
    rollover_hour: int = 0
    hours: WeeklyHours | None = None
    exceptions: dict[int, tuple[tuple[int, int], ...]] = {}
    mode: Literal["normal", "lockdown", "out_of_service"] = "normal"
    direction: Literal["entry", "exit"] = "entry"
    reports_passage: bool = False
    debounce: int = 5
    same_visit: int = 0
    hold: int = 15
    accepts: tuple[str, ...] = ("card", "pass")


class Device(Record, frozen=True, array_like=True, gc=False):
    """A reader, tablet or controller: its raw Ed25519 public key and the doors it speaks for."""

    public_key: bytes
    doors: tuple[Id, ...]
    enabled: bool = True


class Version(msgspec.Struct, frozen=True, order=True, gc=False):
    """Which write a record is: the feed's epoch and the number in it. Later writes are greater."""

    epoch: int
    number: int

    def pack(self) -> bytes:
        """8 bytes, big-endian, 16 bits of epoch before 48 of number: they sort like versions."""
        return self.epoch.to_bytes(2, "big") + self.number.to_bytes(6, "big")

    @classmethod
    def unpack(cls, packed: bytes) -> "Version":
        """The version in the first 8 bytes."""
        return cls(int.from_bytes(packed[:2], "big"), int.from_bytes(packed[2:8], "big"))
