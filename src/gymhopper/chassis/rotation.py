"""Bring everything that is sealed under the newest master key, while the platform runs.

Rows are taken in batches, each in a transaction of its own and under the rows' locks. What is done
is told by the rows themselves, so a rotation that was interrupted goes on where it was.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.master_keys import KEY_ID_BYTES
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.sealed_tables import SealedTable, sealed_table

BATCH = 500

KEPT_ANSWERS = sealed_table(
    "chassis.idempotency",
    "headers",
    "answer",
    purpose="idempotency",
    bound_to=lambda row: f"{row['caller']}\0{row['key']}".encode(),
    key=("caller", "key"),
)

Survey = Mapping[bytes, Mapping[str, int]]
"""For each id of a master key, how many values of which table begin with it."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many rows were sealed anew, and how many did not open: their key is not known."""

    done: int
    unreadable: int


def sealed_tables(runtime: Runtime) -> list[SealedTable]:
    """Everything that the contexts of this process and the chassis keep sealed."""
    return [KEPT_ANSWERS, *(each for context in runtime.contexts for each in context.sealed)]


async def survey(connection: AsyncConnection, tables: Iterable[SealedTable]) -> Survey:
    """Which master keys are in use, and by what."""
    found: dict[bytes, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for table in tables:
        for column in table.columns:
            counted = await connection.execute(
                text(
                    f'SELECT substr("{column}", 1, :length) AS id, count(*) AS values'  # noqa: S608 - names of our own tables
                    f' FROM {table.name} WHERE "{column}" IS NOT NULL GROUP BY 1'
                ),
                {"length": KEY_ID_BYTES},
            )
            for row in counted.mappings():
                found[bytes(row["id"])][table.name] += row["values"]
    return found


async def count_stale(runtime: Runtime, table: SealedTable) -> int:
    """How many rows of the table hold something under another key than the newest."""
    asked = text(f"SELECT count(*) FROM {table.name} AS t WHERE {_stale(table)}")  # noqa: S608 - as above
    async with runtime.read(SERVICE) as connection:
        counted = await connection.execute(asked, _newest(runtime))
        return int(counted.scalar_one())


async def rotate(
    runtime: Runtime,
    table: SealedTable,
    *,
    batch: int = BATCH,
    progress: Callable[[int], None] = lambda _: None,
) -> Rotated:
    """Seal the table's stale rows anew; `progress` is told how many were done after each batch."""
    done = unreadable = 0
    place: dict[str, Any] | None = None
    while True:
        async with runtime.database.transaction(SERVICE) as connection:
            rows = await _next(runtime, connection, table, place, batch)
            changes = []
            for row in rows:
                try:
                    fresh = table.reseal(runtime.secrets, row)
                except InvalidTag:
                    unreadable += 1
                else:
                    changes.append({**{each: row[each] for each in table.key}, **fresh})
            if changes:
                await connection.execute(_update(table), changes)
        done += len(changes)
        progress(len(rows))
        if len(rows) < batch:
            return Rotated(done, unreadable)
        place = {f"after_{each}": rows[-1][each] for each in table.key}


async def _next(
    runtime: Runtime,
    connection: AsyncConnection,
    table: SealedTable,
    place: dict[str, Any] | None,
    batch: int,
) -> list[dict[str, Any]]:
    keys = ", ".join(f't."{each}"' for each in table.key)
    beside = "".join(f', ({sql}) AS "{name}"' for name, sql in table.beside.items())
    columns = ", ".join(f't."{each}"' for each in table.columns)
    beyond = ""
    if place is not None:
        beyond = f" AND ({keys}) > ({', '.join(f':after_{each}' for each in table.key)})"
    asked = text(
        f"SELECT {keys}, {columns}{beside} FROM {table.name} AS t"  # noqa: S608 - as above
        f" WHERE ({_stale(table)}){beyond} ORDER BY {keys} LIMIT :batch FOR UPDATE OF t"
    )
    rows = await connection.execute(asked, {**_newest(runtime), **(place or {}), "batch": batch})
    return [dict(row) for row in rows.mappings()]


def _stale(table: SealedTable) -> str:
    return " OR ".join(f'substr(t."{each}", 1, :length) <> :newest' for each in table.columns)


def _newest(runtime: Runtime) -> dict[str, Any]:
    return {"length": KEY_ID_BYTES, "newest": runtime.secrets.ids()[0]}


def _update(table: SealedTable) -> Any:
    changes = ", ".join(f'"{each}" = :{each}' for each in table.columns)
    which = " AND ".join(f'"{each}" = :{each}' for each in table.key)
    return text(f"UPDATE {table.name} SET {changes} WHERE {which}")  # noqa: S608 - as above
