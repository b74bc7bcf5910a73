"""Searching the log.

Each search is led by the index that leaves least: a thing or a person, a kind, the operations whose
names hold some words, and else the time. The tenant is said as a condition, too: row-level security
alone leads to no index.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.audit.entry import PERSON, Entry
from gymhopper.chassis.audit.log import COLUMNS, entry_of

# Jumps from one name to the next through the index, instead of reading every entry.
_OPERATIONS = text(
    "WITH RECURSIVE name AS ((SELECT min(operation) AS operation FROM audit.entry"
    " WHERE organisation_id = :organisation_id) UNION ALL SELECT (SELECT min(operation)"
    " FROM audit.entry WHERE organisation_id = :organisation_id"
    " AND operation > name.operation) FROM name WHERE name.operation IS NOT NULL)"
    " SELECT operation FROM name WHERE operation IS NOT NULL"
)


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are asked for; None asks for all. `words` is a part of the operation's name,
    and like a `kind` alone it needs an organisation: there are too many entries of all."""

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


async def entries(
    connection: AsyncConnection,
    wanted: Filter,
    *,
    behind: Place | None = None,
    limit: int,
    oldest_first: bool = False,
) -> list[Entry]:
    """Entries that the transaction's subject may see, the newest first, from behind a place."""
    values = {k: v for k, v in msgspec.structs.asdict(wanted).items() if v is not None}
    values["limit"] = limit
    if behind is not None:
        values |= {"place_at": behind.at, "place_id": behind.id}
    if wanted.words is not None:
        names = await connection.execute(_OPERATIONS, {"organisation_id": wanted.organisation_id})
        words = values.pop("words").lower()
        values["names"] = [each for each in names.scalars() if words in each.lower()]
    sql = _Search(wanted, behind=behind is not None, oldest_first=oldest_first).sql()
    rows = await connection.execute(text(sql), values)
    return [entry_of(row) for row in rows]


_OF_ENTRY = {
    "organisation_id": "e.organisation_id = :organisation_id",
    "actor": "e.actor = :actor",
    "action": "e.action = :action",
    "operation": "e.operation = :operation",
}
_OF_TIME = {"since": "{at} >= :since", "until": "{at} < :until"}
_OF_THING = {"kind": "a.kind = :kind", "thing_id": "a.thing_id = :thing_id"}
_OF_PERSON = {"person_id": f"a.kind = '{PERSON}' AND a.thing_id = :person_id"}


class _Search:
    """Writes the query for a filter. Every text in it is a constant of this module."""

    def __init__(self, wanted: Filter, *, behind: bool, oldest_first: bool) -> None:
        self._wanted = wanted
        self._behind = ">" if oldest_first else "<"
        self._has_place = behind
        self._way = "ASC" if oldest_first else "DESC"

    def sql(self) -> str:
        """The whole query."""
        conditions = [*self._of(_OF_ENTRY), *self._of_time("e.recorded_at", "e.id")]
        if self._wanted.action not in {None, "wrote"}:
            # Leads to the index of what is done seldom.
            conditions.append("e.action <> 'wrote'")
        thing, person = self._of(_OF_THING), self._of(_OF_PERSON)
        if self._wanted.thing_id is not None:
            source = self._led_by(thing)
            conditions += self._exists(person)
        elif person:
            source = self._led_by(person)
            conditions += self._exists(thing)
        elif thing and self._is_plain():
            source = self._led_by(thing, limited=True)
        elif self._wanted.words is not None:
            return self._by_names([*conditions, *self._exists(thing)])
        else:
            source = "audit.entry AS e"
            conditions += self._exists(thing)
        if self._wanted.words is not None:
            conditions.append("e.operation = ANY(CAST(:names AS text[]))")
        return f"SELECT {_columns()} FROM {source} {self._tail(conditions)}"  # noqa: S608 - see above

    def _is_plain(self) -> bool:
        """Whether nothing but the kind, the organisation and the time is asked for."""
        wanted = self._wanted
        return not (wanted.actor or wanted.action or wanted.operation or wanted.words)

    def _led_by(self, conditions: list[str], *, limited: bool = False) -> str:
        """Entries by what they are about, each once."""
        own = [*conditions, *self._tenant(), *self._of_time("a.recorded_at", "a.entry_id")]
        order = f" ORDER BY a.recorded_at {self._way}, a.entry_id {self._way} LIMIT :limit"
        return (
            "(SELECT DISTINCT a.recorded_at, a.entry_id FROM audit.about AS a"  # noqa: S608 - see above
            f" WHERE {' AND '.join(own)}{order if limited else ''}) AS found"
            " JOIN audit.entry AS e"
            " ON e.recorded_at = found.recorded_at AND e.id = found.entry_id"
        )

    def _exists(self, conditions: list[str]) -> list[str]:
        if not conditions:
            return []
        own = [*conditions, *self._tenant(), "a.recorded_at = e.recorded_at", "a.entry_id = e.id"]
        return [f"EXISTS (SELECT FROM audit.about AS a WHERE {' AND '.join(own)})"]

    def _by_names(self, conditions: list[str]) -> str:
        """The first of each operation, then the first of those."""
        inner = self._tail([*conditions, "e.operation = wanted.name"])
        return (
            f"SELECT {_columns()} FROM unnest(CAST(:names AS text[])) AS wanted (name)"  # noqa: S608 - see above
            f" CROSS JOIN LATERAL (SELECT e.* FROM audit.entry AS e {inner}) AS e {self._tail([])}"
        )

    def _tail(self, conditions: list[str]) -> str:
        where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        return f"{where}ORDER BY e.recorded_at {self._way}, e.id {self._way} LIMIT :limit"

    def _tenant(self) -> list[str]:
        known = self._wanted.organisation_id is not None
        return ["a.organisation_id = :organisation_id"] if known else []

    def _of(self, known: dict[str, str]) -> list[str]:
        return [sql for name, sql in known.items() if getattr(self._wanted, name) is not None]

    def _of_time(self, at: str, key: str) -> list[str]:
        found = [each.format(at=at) for each in self._of(_OF_TIME)]
        if self._has_place:
            found.append(f"({at}, {key}) {self._behind} (:place_at, :place_id)")
        return found


def _columns() -> str:
    return ", ".join(f"e.{name}" for name in COLUMNS.split(", "))
