"""How far each reader of the log has come; whoever holds a cursor's row is its one reader."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_CLAIM = text("SELECT seq FROM bus.cursor WHERE subscriber = :reader FOR UPDATE SKIP LOCKED")
_NEW = text(
    "INSERT INTO bus.cursor (subscriber, seq) VALUES (:reader, 0)"
    " ON CONFLICT DO NOTHING RETURNING seq"
)
_MOVE = text("UPDATE bus.cursor SET seq = :seq WHERE subscriber = :reader")
_POSITION = text("SELECT seq FROM bus.cursor WHERE subscriber = :reader")


async def claim(connection: AsyncConnection, reader: str) -> int | None:
    """Hold the reader's cursor until the transaction ends; returns the last `seq` it has passed.

    None when another process holds it. A reader that is new starts before the first event.
    """
    held = (await connection.execute(_CLAIM, {"reader": reader})).scalar()
    if held is None:
        held = (await connection.execute(_NEW, {"reader": reader})).scalar()
    return held


async def move(connection: AsyncConnection, reader: str, seq: int) -> None:
    """Say that everything up to `seq` has been passed; for the holder of the claim only."""
    await connection.execute(_MOVE, {"reader": reader, "seq": seq})


async def position(connection: AsyncConnection, reader: str) -> int:
    """The last `seq` that the reader has passed, 0 when it is new."""
    return (await connection.execute(_POSITION, {"reader": reader})).scalar() or 0
