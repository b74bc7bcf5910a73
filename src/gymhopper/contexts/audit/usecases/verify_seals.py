"""Compute every seal anew and find the first thing that is not as it was written."""

from collections.abc import AsyncIterator, Callable, Mapping
from hashlib import sha256
from typing import Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.audit.entry import Entry, canonical, things
from gymhopper.contexts.audit.domain.seal import Seal
from gymhopper.contexts.audit.queries import seals as queries

Fault = Literal[
    "entry_altered",
    "entry_missing",
    "entry_inserted",
    "entry_hidden",
    "seal_altered",
    "seal_missing",
    "seal_unlike_kept",
]

Progress = Callable[[int, int], None]
"""Called with how many entries were compared, and of how many."""


class Report(msgspec.Struct, kw_only=True):
    """What was found. `at` is the number of the seal or entry at fault.

    `dropped` entries were given up after their time: up to the seal `dropped_until` only the chain
    of the seals was compared. `waiting` entries are not sealed yet.
    """

    entries: int = 0
    seals: int = 0
    dropped: int = 0
    dropped_until: int | None = None
    waiting: int = 0
    fault: Fault | None = None
    at: int | None = None


async def verify_seals(
    connection: AsyncConnection, progress: Progress, kept: Mapping[int, bytes] | None = None
) -> Report:
    """Read the whole log, seal by seal, as of one moment.

    `kept` are hashes of seals by number that were kept elsewhere. Without them the log is only
    known to agree with itself: whoever owns the database can write all of it anew.
    """
    report = Report(waiting=await queries.waiting(connection))
    dropped = await queries.dropped_months(connection)
    total = await queries.last_number(connection)
    before: Seal | None = None
    async for seal in _all_seals(connection):
        fault = _look_at_seal(seal, before, kept or {})
        if fault is None and seal.month in dropped:
            fault = await _look_for_none(connection, seal)
            report.dropped += seal.count
            report.dropped_until = seal.number
        elif fault is None:
            fault = await _look_at_entries(connection, seal)
            report.entries += seal.count
        if fault is not None:
            report.fault, report.at = fault
            return report
        report.seals += 1
        before = seal
        progress(seal.last, total)
    number, last = (0, 0) if before is None else (before.number, before.last)
    cut = any(each > number for each in kept or ())
    if cut or last != total or await queries.beyond(connection, last):
        report.fault, report.at = "seal_missing", number + 1
    return report


async def _all_seals(connection: AsyncConnection) -> AsyncIterator[Seal]:
    """One by one: a hundred million entries are a hundred thousand seals."""
    number = 0
    while found := await queries.seals(connection, after=number, limit=100):
        for each in found:
            yield each
        number = found[-1].number


def _look_at_seal(
    seal: Seal, before: Seal | None, kept: Mapping[int, bytes]
) -> tuple[Fault, int] | None:
    expected = 1 if before is None else before.number + 1
    if seal.number != expected:
        return "seal_missing", expected
    if not seal.holds_together(before):
        return "seal_altered", seal.number
    if kept.get(seal.number, seal.hash) != seal.hash:
        return "seal_unlike_kept", seal.number
    return None


async def _look_at_entries(connection: AsyncConnection, seal: Seal) -> tuple[Fault, int] | None:
    entries = await queries.numbered(connection, seal.first, seal.last)
    expected = seal.first
    for each in entries:
        number = _number(each)
        if number < expected:
            return "entry_inserted", number
        if number > expected:
            return "entry_missing", expected
        if sha256(canonical(each)).digest() != seal.hash_of(number):
            return "entry_altered", number
        expected += 1
    if expected <= seal.last:
        return "entry_missing", expected
    wanted = [(each, kind, key) for each in entries for kind, key in things(each)]
    hidden = await queries.not_found_by(connection, wanted)
    return None if hidden is None else ("entry_hidden", hidden)


async def _look_for_none(connection: AsyncConnection, seal: Seal) -> tuple[Fault, int] | None:
    found = await queries.numbered(connection, seal.first, seal.last)
    return ("entry_inserted", _number(found[0])) if found else None


def _number(entry: Entry) -> int:
    assert entry.number is not None  # noqa: S101 - they were read by their numbers
    return entry.number
