"""How far each reader of the log has come; whoever holds a cursor's row is its one reader."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_CLAIM = text(
    "SELECT seq, (SELECT last FROM bus.sequence) AS last FROM bus.cursor"
    " WHERE subscriber = :reader FOR UPDATE SKIP LOCKED"
)
_NEW = text(
    "INSERT INTO bus.cursor (subscriber, seq) VALUES (:reader, 0)"
    " ON CONFLICT DO NOTHING RETURNING seq, (SELECT last FROM bus.sequence) AS last"
)
_MOVE = text("UPDATE bus.cursor SET seq = :seq WHERE subscriber = :reader")
_POSITION = text("SELECT seq FROM bus.cursor WHERE subscriber = :reader")


class Held(NamedTuple):
    """`seq` is the last number that the reader has passed, `last` the last that was given.

    Every event up to `last` is visible to the next statement. It was read a moment before `seq`,
    which may lie behind it.
    """

    seq: int
    last: int


async def claim(connection: AsyncConnection, reader: str) -> Held | None:
    """Hold the reader's cursor until the transaction ends.

    None when another process holds it. A reader that is new starts before the first event.
    """
    for statement in (_CLAIM, _NEW):
        row = (await connection.execute(statement, {"reader": reader})).one_or_none()
        if row is not None:
            return Held(row.seq, row.last)
    return None


async def move(connection: AsyncConnection, reader: str, seq: int) -> None:
    """Say that everything up to `seq` has been passed; for the holder of the claim only."""
    await connection.execute(_MOVE, {"reader": reader, "seq": seq})


async def position(connection: AsyncConnection, reader: str) -> int:
    """The last `seq` that the reader has passed, 0 when it is new."""
    return (await connection.execute(_POSITION, {"reader": reader})).scalar() or 0
