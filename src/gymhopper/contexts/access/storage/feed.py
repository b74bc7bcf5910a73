"""The feed in PostgreSQL: what every cell should hold, numbered in the order of commits."""

from collections.abc import AsyncIterator, Iterable, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.storage.valkey_feed import FeedRow, Kind

CHANNEL = "access_feed"
SNAPSHOT_BATCH = 5000

_APPEND = text(
    "SELECT access.append_feed(CAST(:kinds AS text[]), CAST(:keys AS bytea[]),"
    " CAST(:payloads AS bytea[]))"
)
_HEAD = text("SELECT number, generation FROM access.cell WHERE name = :cell")
_AFTER = text(
    "SELECT kind, key, number, payload FROM access.feed"
    " WHERE cell = :cell AND number > :after ORDER BY number LIMIT :limit"
)
# Policies go first: the grants of people name them.
_SNAPSHOT = text(
    "SELECT kind, key, number, payload FROM access.feed WHERE cell = :cell AND payload IS NOT NULL"
    " ORDER BY kind = 'policy' DESC, kind = 'door' DESC, kind = 'person' DESC"
)


class Head(msgspec.Struct, frozen=True):
    """The feed's last number, and the generation that its numbers belong to."""

    number: int
    generation: UUID


class Change(msgspec.Struct, frozen=True):
    """The new state of a key; no payload takes the key back."""

    kind: Kind
    key: bytes
    payload: bytes | None


def publish(uow: UnitOfWork, *changes: Change) -> None:
    """Have the changes in the feed with this transaction's commit, the last of a key winning.

    They are written at its end, because the feed's lock is held from then to the commit.
    """
    for change in changes:
        uow.collect(_append, change)


async def _append(uow: UnitOfWork, changes: list[Change]) -> None:
    last = {(each.kind, each.key): each for each in changes}
    rows = list(last.values())
    await uow.connection.execute(
        _APPEND,
        {
            "kinds": [each.kind for each in rows],
            "keys": [each.key for each in rows],
            "payloads": [each.payload for each in rows],
        },
    )


async def head(connection: AsyncConnection, cell: str) -> Head:
    """Where the cell's feed stands."""
    row = (await connection.execute(_HEAD, {"cell": cell})).one()
    return Head(row.number, row.generation)


async def after(
    connection: AsyncConnection, cell: str, number: int, *, limit: int
) -> Sequence[FeedRow]:
    """Up to `limit` rows with a greater number, in order."""
    rows = await connection.execute(_AFTER, {"cell": cell, "after": number, "limit": limit})
    return [FeedRow(row.kind, row.key, row.number, row.payload) for row in rows]


async def snapshot(connection: AsyncConnection, cell: str) -> AsyncIterator[Iterable[FeedRow]]:
    """Everything that the cell should hold, in batches, from one consistent look."""
    async with connection.stream(_SNAPSHOT, {"cell": cell}) as rows:
        async for batch in rows.partitions(SNAPSHOT_BATCH):
            yield [FeedRow(row.kind, row.key, row.number, row.payload) for row in batch]
