"""From when until when a waiver that is not signed closes the door."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from gymhopper.contexts.access.domain.records import Stop, milliseconds

CODE = "WAIVER_REQUIRED"


class Enforced(msgspec.Struct, frozen=True):
    """A version of a waiver, and the instant from which it must be signed."""

    waiver_id: UUID
    number: int
    at: datetime


class Signed(msgspec.Struct, frozen=True):
    """A signature under a version of a waiver; it holds in `[start, until)`."""

    waiver_id: UUID
    number: int
    start: datetime
    until: datetime | None

    def satisfies(self, number: int, at: datetime) -> bool:
        """Whether it stands at that instant for that version: for older ones, too."""
        return (
            self.number >= number and self.start <= at and (self.until is None or at < self.until)
        )


def unsigned(
    versions: Sequence[Enforced], signatures: Sequence[Signed], now: datetime
) -> tuple[Stop, ...]:
    """The stretches without access, those that are over left out.

    Dates that are to come are in them: a version that will be enforced, a signature that will run
    out. So no door needs to be told when that day comes.
    """
    waivers = sorted({each.waiver_id for each in versions})
    return tuple(
        stop
        for waiver_id in waivers
        for stop in _stops(
            [each for each in versions if each.waiver_id == waiver_id],
            [each for each in signatures if each.waiver_id == waiver_id],
        )
        if stop.until is None or stop.until > milliseconds(now)
    )


def _stops(versions: Sequence[Enforced], signatures: Sequence[Signed]) -> Iterator[Stop]:
    since: datetime | None = None
    for at in _turns(versions, signatures):
        number = max((each.number for each in versions if each.at <= at), default=None)
        missing = number is not None and not any(each.satisfies(number, at) for each in signatures)
        if missing and since is None:
            since = at
        elif not missing and since is not None:
            yield Stop(CODE, milliseconds(since), milliseconds(at))
            since = None
    if since is not None:
        yield Stop(CODE, milliseconds(since))


def _turns(versions: Iterable[Enforced], signatures: Iterable[Signed]) -> list[datetime]:
    """All instants at which the answer may become another, in order."""
    turns = {each.at for each in versions}
    for each in signatures:
        turns |= {each.start, each.until or each.start}
    return sorted(turns)
