"""What can be read of the log and its seals."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.audit.entry import PERSON, Entry
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
# Jumps from one name to the next through the index, instead of reading every entry.
_OPERATIONS = text(
    "WITH RECURSIVE name AS ((SELECT min(operation) AS operation FROM audit.entry"
    " WHERE organisation_id = :organisation_id) UNION ALL SELECT (SELECT min(operation)"
    " FROM audit.entry WHERE organisation_id = :organisation_id"
    " AND operation > name.operation) FROM name WHERE name.operation IS NOT NULL)"
    " SELECT operation FROM name WHERE operation IS NOT NULL"
)


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are asked for; None asks for all. `words` is a part of the operation's name."""

    organisation_id: UUID | None = None
    actor: str | None = None
    action: str | None = None
    operation: str | None = None
    words: str | None = None
    kind: str | None = None
    thing_id: UUID | None = None
    person_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class Place(NamedTuple):
    """Where an entry stands in the order of time."""

    at: datetime
    id: UUID


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


async def entries(
    connection: AsyncConnection,
    wanted: Filter,
    *,
    behind: Place | None = None,
    limit: int,
    oldest_first: bool = False,
) -> list[Entry]:
    """Entries that the transaction's subject may see, the newest first, from behind a place."""
    sql, values = await _search(connection, wanted)
    if behind is not None:
        sql += f" AND (e.recorded_at, e.id) {'>' if oldest_first else '<'} (:place_at, :place_id)"
        values |= {"place_at": behind.at, "place_id": behind.id}
    way = "ASC" if oldest_first else "DESC"
    sql += f" ORDER BY e.recorded_at {way}, e.id {way} LIMIT :limit"
    rows = await connection.execute(text(sql), {**values, "limit": limit})
    return [entry_of(row) for row in rows]


async def _search(connection: AsyncConnection, wanted: Filter) -> tuple[str, dict[str, Any]]:
    """The query without its order, and its values."""
    source = "audit.entry AS e"
    for nth, about in enumerate(
        each for each in (_conditions(wanted, _BY_THING), _conditions(wanted, _BY_PERSON)) if each
    ):
        # Said of the ways, too, so that their index leads to one organisation's.
        if wanted.organisation_id is not None:
            about.append("a.organisation_id = :organisation_id")
        source += (
            " JOIN (SELECT DISTINCT a.recorded_at, a.entry_id FROM audit.about AS a"  # noqa: S608 - constants of this module
            f" WHERE {' AND '.join(about)}) AS found{nth}"
            f" ON e.recorded_at = found{nth}.recorded_at AND e.id = found{nth}.entry_id"
        )
    values = {k: v for k, v in msgspec.structs.asdict(wanted).items() if v is not None}
    conditions = ["true", *_conditions(wanted, _BY_ENTRY)]
    if wanted.words is not None:
        conditions.append(await _by_words(connection, wanted, values))
    columns = ", ".join(f"e.{name}" for name in COLUMNS.split(", "))
    return f"SELECT {columns} FROM {source} WHERE {' AND '.join(conditions)}", values  # noqa: S608 - constants of this module


_BY_ENTRY = {
    "organisation_id": "e.organisation_id = :organisation_id",
    "actor": "e.actor = :actor",
    "action": "e.action = :action",
    "operation": "e.operation = :operation",
    "since": "e.recorded_at >= :since",
    "until": "e.recorded_at < :until",
}
_BY_THING = {
    "kind": "a.kind = :kind",
    "thing_id": "a.thing_id = :thing_id",
}
_BY_PERSON = {"person_id": f"a.kind = '{PERSON}' AND a.thing_id = :person_id"}


def _conditions(wanted: Filter, known: dict[str, str]) -> list[str]:
    return [sql for name, sql in known.items() if getattr(wanted, name) is not None]


async def _by_words(connection: AsyncConnection, wanted: Filter, values: dict[str, Any]) -> str:
    """Entries whose operation's name holds the words.

    An organisation has some dozens of names: they are looked through first, then found by index.
    """
    words = values.pop("words")
    if wanted.organisation_id is None:
        values["words"] = words
        return "position(lower(:words) IN lower(e.operation)) > 0"
    names = await connection.execute(_OPERATIONS, {"organisation_id": wanted.organisation_id})
    values["names"] = [each for each in names.scalars() if words.lower() in each.lower()]
    return "e.operation = ANY(CAST(:names AS text[]))"


def _seal(row: Row[Any]) -> Seal:
    values = {name: getattr(row, name) for name in Seal.__struct_fields__}
    values["sealed_at"] = row.sealed_at.astimezone(UTC)
    return Seal(**values)
