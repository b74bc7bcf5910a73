"""Requests that change nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.database import Database
from gymhopper.chassis.origin import origin


def with_rollback(database: Database) -> None:
    """Take back whatever a request wrote, at the end of its transaction."""
    commit = database.transaction

    @asynccontextmanager
    async def transaction(
        subject: AuthSubject, *, read_only: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        async with commit(subject, read_only=read_only) as connection:
            yield connection
            if origin().method is not None:
                await connection.rollback()

    database.transaction = transaction  # type: ignore[method-assign] # for this one world
