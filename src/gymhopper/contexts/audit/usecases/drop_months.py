"""Give up the entries of months that have been kept for long enough; their seals stay."""

from datetime import UTC, date, datetime

import msgspec
import psycopg
from psycopg import sql

from gymhopper.kernel.calendar import add_months
from gymhopper.kernel.errors import Conflict

# Whoever writes now waits behind this, so it does not wait for long itself.
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'"
_HOLD_SEALER = "SELECT last FROM audit.head FOR UPDATE"
_MONTHS = (
    "SELECT month, sum(last - first + 1)::bigint FROM audit.seal WHERE month < %s"
    " AND month NOT IN (SELECT month FROM audit.dropped) GROUP BY month ORDER BY month"
)
_UNSEALED = (
    "SELECT EXISTS (SELECT FROM audit.entry WHERE number IS NULL"
    " AND recorded_at >= %s AND recorded_at < %s)"
)
_DROPPED = "INSERT INTO audit.dropped (month, entries, dropped_at) VALUES (%s, %s, %s)"


class NotSealed(Conflict):
    """A month has entries that no seal covers yet."""

    code = "not_sealed"


class DroppedMonth(msgspec.Struct, frozen=True):
    """A month that was given up, and how many entries it had."""

    month: date
    entries: int


def kept_since(now: datetime, keep_months: int) -> date:
    """The first day of the oldest month that must be kept."""
    return add_months(now.astimezone(UTC).date().replace(day=1), -keep_months)


async def drop_months(owner_url: str, *, before: date, now: datetime) -> list[DroppedMonth]:
    """Drop the entries of all sealed months before that day, each month in a transaction.

    Only the owner of the tables can. Raises NotSealed, and leaves that month and later ones, when
    some of its entries are waiting for their seal.
    """
    done = []
    async with await psycopg.AsyncConnection.connect(owner_url) as connection:
        months = await (await connection.execute(_MONTHS, [before])).fetchall()
        await connection.commit()
        for month, entries in months:
            async with connection.transaction():
                await _drop(connection, month)
                await connection.execute(_DROPPED, [month, entries, now])
            done.append(DroppedMonth(month, entries))
    return done


async def _drop(connection: psycopg.AsyncConnection, month: date) -> None:
    await connection.execute(_LOCK_TIMEOUT)
    await connection.execute(_HOLD_SEALER)
    stretch = [_midnight(month), _midnight(add_months(month, 1))]
    unsealed = await (await connection.execute(_UNSEALED, stretch)).fetchone()
    if unsealed != (False,):
        raise NotSealed(f"Entries of {month:%Y-%m} are waiting for their seal; try again later.")
    for parent in ("entry", "about"):
        partition = sql.Identifier("audit", f"{parent}_{month:%Y_%m}")
        found = await connection.execute(
            "SELECT to_regclass(%s) IS NOT NULL", [partition.as_string(connection)]
        )
        if await found.fetchone() == (True,):
            await connection.execute(sql.SQL("DROP TABLE {}").format(partition))
        else:
            await _drop_rows(connection, sql.Identifier("audit", f"{parent}_default"), stretch)


async def _drop_rows(
    connection: psycopg.AsyncConnection, table: sql.Identifier, stretch: list[datetime]
) -> None:
    """Entries that came before their month had a partition lie among others."""
    for statement in (
        "ALTER TABLE {} DISABLE TRIGGER USER",
        "DELETE FROM {} WHERE recorded_at >= %s AND recorded_at < %s",
        "ALTER TABLE {} ENABLE TRIGGER USER",
    ):
        values = stretch if "%s" in statement else None
        await connection.execute(sql.SQL(statement).format(table), values)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
