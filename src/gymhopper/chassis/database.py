"""The pool of connections and the transactions on it, each bound to who acts."""

import select
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any, Protocol

import psycopg
from psycopg import AsyncCursor
from psycopg.rows import namedtuple_row
from sqlalchemy import ClauseElement, Dialect, Executable, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.compiler import SQLCompiler

from gymhopper.chassis.arrays import ArrayDumper
from gymhopper.chassis.auth import AuthSubject

POOL_SECONDS = 5
"""How long somebody waits for a connection. A request waits for several in turn, and is to be told
that there is none before its own time is over, and its client's."""

_BIND = (
    "SELECT set_config('gymhopper.organisation', %(organisation)s, true),"
    " set_config('gymhopper.person', %(person)s, true),"
    " set_config('gymhopper.within', %(within)s, true),"
    " set_config('gymhopper.actor', %(actor)s, true),"
    " (SELECT offset_seconds FROM chassis.clock) AS clock_offset"
)
_BEGIN = "BEGIN"
_BEGIN_ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEGIN_READING = "BEGIN READ ONLY"


class Asks(Protocol):
    """Whoever answers a statement with its rows: a connection with its transaction, or `asking`."""

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any], /
    ) -> Iterable[Any]:
        """The rows."""
        ...


def sqlalchemy_url(url: str) -> str:
    """A libpq URL (`postgresql://...`) as SQLAlchemy's psycopg dialect wants it."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


def reraise_lost_connection(error: Exception) -> None:
    """Raise the error again when it took the connection, and so the transaction, with it."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        raise error


class Database:
    """One pool. Every transaction states whose rows it may touch before it does anything else.

    `clock_offset` is how far the platform's time has been moved, as of the latest transaction:
    whoever works on what another process did after the move works at the moved time, too.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.clock_offset = timedelta()
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            hide_parameters=True,  # an error is logged; whom a row is about must not be
            isolation_level="AUTOCOMMIT",  # `_begin` begins: the driver would wait for its answer
            connect_args={"options": "-c search_path=jobs"},
        )
        event.listen(self.engine.sync_engine, "connect", _adapt)
        event.listen(self.engine.sync_engine, "checkout", _check)

    @asynccontextmanager
    async def transaction(
        self, subject: AuthSubject, *, read_only: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """A transaction in which row-level security shows only the subject's organisation, or
        its own person's rows.

        Commits when the block ends, rolls back when it raises. A read-only one sees one moment
        from its first look to its end.
        """
        async with self.engine.connect() as connection, connection.begin():
            how = _BEGIN_ONE_MOMENT if read_only else _BEGIN
            async with _at_once(connection) as driver:
                bound = await _begin(driver, subject, how)
            await self._learn(bound)
            yield connection

    async def ask(
        self, subject: AuthSubject, statement: ClauseElement, values: Mapping[str, object]
    ) -> list[Any]:
        """The rows of one statement in a read-only transaction, in which row-level security shows
        what is the subject's.

        Everything goes to the server at once and comes back at once, where `transaction` waits for
        the answer to each part: whoever reads beside a rush waits once.
        """
        async with self.engine.connect() as connection:
            async with _at_once(connection) as driver:
                bound = await _begin(driver, subject, _BEGIN_READING)
                asked = driver.cursor(row_factory=namedtuple_row)
                sql, own = _sql(statement, self.engine.dialect)
                await asked.execute(sql, {**own, **values})
                await driver.execute("COMMIT")
            await self._learn(bound)
            return await asked.fetchall()

    def asking(self, subject: AuthSubject) -> Asks:
        """Answers each statement by `ask`: each sees what was committed when it came."""
        return _Asking(self, subject)

    @asynccontextmanager
    async def look(self) -> AsyncIterator[AsyncConnection]:
        """A connection for single statements about the machinery, each on its own and bound to
        nobody: what belongs to somebody is not there."""
        async with self.engine.connect() as connection:
            yield connection

    async def _learn(self, bound: AsyncCursor[Any]) -> None:
        row = await bound.fetchone()
        assert row is not None  # noqa: S101 - it asks for one row
        # Time only moves forward; another transaction may have seen more of it already.
        self.clock_offset = max(self.clock_offset, timedelta(seconds=row[-1]))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


class _Asking:
    def __init__(self, database: Database, subject: AuthSubject) -> None:
        self._database = database
        self._subject = subject

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any], /
    ) -> Iterable[Any]:
        assert isinstance(statement, ClauseElement)  # noqa: S101 - all but an ORM's are
        return await self._database.ask(self._subject, statement, parameters)


async def bind(connection: AsyncConnection, subject: AuthSubject) -> None:
    """Show the present transaction the subject's rows from here on."""
    async with _at_once(connection) as driver:
        await driver.execute(_BIND, _binding(subject))


async def _begin(
    driver: psycopg.AsyncConnection, subject: AuthSubject, how: str
) -> AsyncCursor[Any]:
    """Begin a transaction that shows the subject's rows; how far time was moved comes with it."""
    await driver.execute(how)
    return await driver.execute(_BIND, _binding(subject))


@asynccontextmanager
async def _at_once(connection: AsyncConnection) -> AsyncIterator[psycopg.AsyncConnection]:
    """The driver's connection: what is asked of it in the block goes to the server at once, and its
    end waits for all of it. Raises what the engine would."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)  # noqa: S101 - by the engine's URL
    try:
        async with driver.pipeline():
            yield driver
    except psycopg.Error as error:
        raise DBAPIError.instance(
            None,
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=driver.closed,
        ) from error


def _adapt(connection: DBAPIConnection, _: object) -> None:
    driver = connection.driver_connection
    if isinstance(driver, psycopg.AsyncConnection):
        driver.adapters.register_dumper(list, ArrayDumper)


def _check(connection: DBAPIConnection, *_: object) -> None:
    """Have the pool replace its connections when the server hung up on this one: there is something
    to be read of it although nothing was asked. To ask the server would cost a round trip before
    every transaction."""
    driver = connection.driver_connection
    if isinstance(driver, psycopg.AsyncConnection) and (driver.closed or _readable(driver)):
        raise InvalidatePoolError


def _readable(driver: psycopg.AsyncConnection) -> bool:
    poll = select.poll()
    poll.register(driver.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@lru_cache(maxsize=4096)
def _sql(statement: ClauseElement, dialect: Dialect) -> tuple[str, Mapping[str, object]]:
    """The statement as the driver takes it, with the values that are its own, worked out once."""
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what asks for rows is no definition
    own = {name: each.value for each, name in compiled.bind_names.items() if not each.required}
    return str(compiled), own


def _binding(subject: AuthSubject) -> dict[str, str]:
    organisation = "*" if subject.everywhere else str(subject.organisation_id or "")
    return {
        "organisation": organisation,
        "person": str(subject.person_id or ""),
        "within": ",".join(map(str, subject.within)),
        "actor": subject.actor,
    }
