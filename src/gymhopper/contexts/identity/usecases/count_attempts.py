"""Counts tries before they are checked, so that many at once cannot slip past the limit."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import text

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.attempts import (
    OF_ONE_CALLER,
    Bucket,
    TooManyAttempts,
    Tried,
)

_MAKE = text(
    "INSERT INTO identity.attempt (key, level, at)"
    " SELECT key, 0, :now FROM unnest(CAST(:keys AS bytea[])) AS key ORDER BY key"
    " ON CONFLICT DO NOTHING"
)
_HOLD = text(
    "SELECT key, level, at FROM identity.attempt WHERE key = ANY(CAST(:keys AS bytea[]))"
    " ORDER BY key FOR UPDATE"
)
_FILL = text("UPDATE identity.attempt SET level = :level, at = :now WHERE key = :key")
_TAKE_BACK = text(
    "UPDATE identity.attempt SET level = CASE WHEN key = ANY(CAST(:own AS bytea[])) THEN 0"
    " ELSE greatest(level - 1, 0) END WHERE key = ANY(CAST(:keys AS bytea[]))"
)


async def count_attempt(uow: UnitOfWork, tries: Sequence[Tried]) -> None:
    """Count one try against each; TooManyAttempts, and nothing is counted, when one is full."""
    keyed = {_key(each): each for each in tries}
    parameters = {"keys": list(keyed), "now": uow.now}
    await uow.connection.execute(_MAKE, parameters)
    rows = (await uow.connection.execute(_HOLD, parameters)).all()
    wait = max(Bucket(row.level, row.at).wait(uow.now, keyed[row.key].limit) for row in rows)
    if wait:
        raise TooManyAttempts(wait)
    for row in rows:
        level = Bucket(row.level, row.at).level_at(uow.now, keyed[row.key].limit) + 1
        await uow.connection.execute(_FILL, {"key": row.key, "level": level, "now": uow.now})


async def take_back(uow: UnitOfWork, tries: Sequence[Tried]) -> None:
    """The try was right: it counts against nobody, and whoever made it has a clean sheet.

    What is counted for many together stays, or an attacker's own account would wash it clean.
    """
    keys = {"keys": [_key(each) for each in tries]}
    keys["own"] = [_key(each) for each in tries if each.limit in OF_ONE_CALLER]
    await uow.connection.execute(_HOLD, keys)
    await uow.connection.execute(_TAKE_BACK, keys)


def _key(tried: Tried) -> bytes:
    return hashlib.sha256(f"{tried.limit.name}\0{tried.whose}".encode()).digest()
