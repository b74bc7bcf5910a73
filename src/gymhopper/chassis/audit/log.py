"""Writes entries of the audit log and reads them; only the owner of the tables changes any."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.audit.entry import Change, Entry, Happened, rows, things
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import Database

COLUMNS = (
    "id, number, recorded_at, organisation_id, actor, on_behalf_of, role, assignment_id,"
    " session_id, action, operation, method, path, address, user_agent, correlation_id, persons,"
    " events, changes, detail"
)
_STORED = "id, recorded_at" + COLUMNS.removeprefix("id, number, recorded_at")
_SHAPE = (
    "id uuid, recorded_at timestamptz, organisation_id uuid, actor text, on_behalf_of text,"
    " role text, assignment_id uuid, session_id uuid, action text, operation text, method text,"
    " path text, address text, user_agent text, correlation_id text, persons uuid[],"
    " events jsonb, changes jsonb, detail jsonb"
)
_FROM_ENTRIES = f"FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS e ({_SHAPE})"
_APPEND = text(
    f"WITH entry AS (INSERT INTO audit.entry ({_STORED}) SELECT {_STORED} {_FROM_ENTRIES})"  # noqa: S608 - constants of this module
    " INSERT INTO audit.about (recorded_at, entry_id, organisation_id, kind, thing_id)"
    " SELECT recorded_at, entry_id, organisation_id, kind, thing_id FROM"
    " jsonb_to_recordset(CAST(:about AS jsonb)) AS a (recorded_at timestamptz, entry_id uuid,"
    " organisation_id uuid, kind text, thing_id uuid)"
)
# A transaction has an id as soon as it has written anything, by whatever means.
_APPEND_IF_WRITTEN = text(
    f"INSERT INTO audit.entry ({_STORED}) SELECT {_STORED} {_FROM_ENTRIES}"
    " WHERE pg_current_xact_id_if_assigned() IS NOT NULL"
)
_ENSURE_PARTITIONS = text("SELECT audit.ensure_partitions(:parent, CAST(:day AS date), :months)")

_PLAIN = set(Entry.__struct_fields__) - {"at", "persons", "events", "changes"}
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


async def append(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Write entries in the transaction of what they tell of, with the ways to find them."""
    about = [
        {
            "recorded_at": each.at,
            "entry_id": each.id,
            "organisation_id": each.organisation_id,
            "kind": kind,
            "thing_id": thing_id,
        }
        for each in entries
        for kind, thing_id in sorted(things(each))
    ]
    await connection.execute(
        _APPEND, {"entries": _json(list(rows(entries))), "about": _json(about)}
    )


async def append_if_written(connection: AsyncConnection, entry: Entry) -> None:
    """Write an entry that is about nothing in particular, if the transaction wrote at all."""
    await connection.execute(_APPEND_IF_WRITTEN, {"entries": _json(list(rows([entry])))})


def entry_of(row: Row[Any]) -> Entry:
    """A row of the log as an entry."""
    values = {name: getattr(row, name) for name in _PLAIN}
    return Entry(
        **values,
        at=row.recorded_at,
        persons=tuple(row.persons),
        events=msgspec.convert(row.events, tuple[Happened, ...]),
        changes=msgspec.convert(row.changes, tuple[Change, ...]),
    )


async def ensure_partitions(database: Database, now: datetime, months: int = 3) -> None:
    """Have a partition for this month and the following ones."""
    for parent in ("entry", "about"):
        async with database.transaction(SERVICE) as connection:
            await connection.execute(
                _ENSURE_PARTITIONS, {"parent": parent, "day": now.date(), "months": months}
            )


def _json(value: object) -> str:
    """JSON that PostgreSQL takes: it has no NUL in texts, which only a forged header would hold."""
    return _NUL.sub(rb"\1", msgspec.json.encode(value)).decode()
