"""The seals, and the numbered entries under them."""

from collections.abc import Sequence
from datetime import UTC, date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.audit.entry import Entry
from gymhopper.chassis.audit.log import COLUMNS, entry_of
from gymhopper.contexts.audit.domain.seal import Seal

_SEAL = "number, first, last, month, sealed_at, hashes, previous, hash"
_LAST_SEAL = text(f"SELECT {_SEAL} FROM audit.seal ORDER BY number DESC LIMIT 1")  # noqa: S608 - constants of this module
_SEALS = text(
    f"SELECT {_SEAL} FROM audit.seal WHERE number > :after ORDER BY number LIMIT :limit"  # noqa: S608 - constants of this module
)
_NUMBERED = text(
    f"SELECT {COLUMNS} FROM audit.entry WHERE number BETWEEN :first AND :last"  # noqa: S608 - constants
    " ORDER BY number, id"
)
_WAITING = text("SELECT count(*) FROM audit.entry WHERE number IS NULL")
_LAST_NUMBER = text("SELECT last FROM audit.head")
_BEYOND = text("SELECT EXISTS (SELECT FROM audit.entry WHERE number > :last)")
_DROPPED = text("SELECT month FROM audit.dropped")
# The first entry that is not found under something that it is about.
_NOT_FOUND = text(
    "SELECT min(w.number) FROM unnest(CAST(:number AS bigint[]), CAST(:at AS timestamptz[]),"
    " CAST(:entry_id AS uuid[]), CAST(:kind AS text[]), CAST(:thing_id AS uuid[]))"
    " AS w (number, at, entry_id, kind, thing_id) WHERE NOT EXISTS (SELECT FROM audit.about AS a"
    " WHERE a.thing_id = w.thing_id AND a.kind = w.kind AND a.recorded_at = w.at"
    " AND a.entry_id = w.entry_id)"
)


async def last_seal(connection: AsyncConnection) -> Seal | None:
    """The end of the chain."""
    row = (await connection.execute(_LAST_SEAL)).one_or_none()
    return None if row is None else _seal(row)


async def seals(connection: AsyncConnection, *, after: int, limit: int) -> list[Seal]:
    """Seals behind a number, in order."""
    rows = await connection.execute(_SEALS, {"after": after, "limit": limit})
    return [_seal(row) for row in rows]


async def numbered(connection: AsyncConnection, first: int, last: int) -> list[Entry]:
    """The entries with these numbers, in order; whatever a forger added among them, too."""
    rows = await connection.execute(_NUMBERED, {"first": first, "last": last})
    return [entry_of(row) for row in rows]


async def waiting(connection: AsyncConnection) -> int:
    """How many entries are not sealed yet."""
    return int((await connection.execute(_WAITING)).scalar_one())


async def last_number(connection: AsyncConnection) -> int:
    """The highest number given so far."""
    return int((await connection.execute(_LAST_NUMBER)).scalar_one())


async def beyond(connection: AsyncConnection, last: int) -> bool:
    """Whether an entry has a higher number."""
    return bool((await connection.execute(_BEYOND, {"last": last})).scalar_one())


async def dropped_months(connection: AsyncConnection) -> set[date]:
    """The months (first days) whose entries were given up."""
    return set((await connection.execute(_DROPPED)).scalars())


async def not_found_by(
    connection: AsyncConnection, wanted: Sequence[tuple[Entry, str, UUID]]
) -> int | None:
    """The number of the first entry that a search for (kind, id) would not find; None is none."""
    found = await connection.execute(
        _NOT_FOUND,
        {
            "number": [each.number for each, _, _ in wanted],
            "at": [each.at for each, _, _ in wanted],
            "entry_id": [each.id for each, _, _ in wanted],
            "kind": [kind for _, kind, _ in wanted],
            "thing_id": [key for _, _, key in wanted],
        },
    )
    number: int | None = found.scalar_one()
    return number


def _seal(row: Row[Any]) -> Seal:
    values = {name: getattr(row, name) for name in Seal.__struct_fields__}
    values["sealed_at"] = row.sealed_at.astimezone(UTC)
    return Seal(**values)
