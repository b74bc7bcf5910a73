"""Asking: one statement, bound to whoever asks, that goes to the server and comes back at once."""

import asyncio
from collections.abc import Iterable
from typing import Any

import psycopg
import pytest
from sqlalchemy import Integer, bindparam, literal, select, text
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.database import bind
from gymhopper.chassis.runtime import Runtime
from gymhopper.kernel.ids import new_id

WHO = text(
    "SELECT CAST(:number AS integer) AS number,"
    " current_setting('gymhopper.organisation') AS organisation,"
    " current_setting('gymhopper.person') AS person,"
    " current_setting('transaction_read_only') AS read_only"
)
WRITE = text("INSERT INTO chassis.timer (name, key, due_at, payload) VALUES ('a', 'b', now(), '1')")
LOST = text("SELECT pg_terminate_backend(pg_backend_pid())")
ASLEEP = (
    "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
)
MOVED = "UPDATE chassis.clock SET offset_seconds = 60"


async def asked(
    runtime: Runtime, statement: Any, subject: AuthSubject = SERVICE, **values: object
) -> Iterable[Any]:
    async with runtime.asking(subject) as asks:
        return await asks.execute(statement, values)


async def test_each_statement_sees_what_is_the_askers_and_nobody_elses(
    new_runtime: NewRuntime,
) -> None:
    runtime = await new_runtime(pool_size=1)
    for number in range(8):  # more than it takes the driver to prepare it
        person, gym = new_id(), new_id()
        subject = AuthSubject(kind="member", person_id=person, within=(gym,))
        [row] = await asked(runtime, WHO, subject, number=number)
        assert tuple(row) == (number, "", str(person), "on")
        [row] = await asked(runtime, WHO, number=number)
        assert (row.organisation, row.person) == ("*", "")
    # Nothing of it stays on the connection.
    async with runtime.database.look() as connection:
        found = await connection.execute(
            text("SELECT current_setting('gymhopper.organisation', true)")
        )
        assert found.scalar_one() in {None, ""}


async def test_what_a_statement_says_itself_goes_along_with_what_is_asked(
    new_runtime: NewRuntime,
) -> None:
    runtime = await new_runtime(pool_size=1)
    said = select(literal("said").label("said"), bindparam("given", type_=Integer).label("given"))
    for number in (1, 2):
        [row] = await asked(runtime, said, given=number)
        assert (row.said, row.given) == ("said", number)


async def test_nothing_is_written(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime(pool_size=1)
    with pytest.raises(DBAPIError, match="read-only"):
        await asked(runtime, WRITE)
    async with runtime.begin(SERVICE) as uow:
        await uow.connection.execute(WRITE)


async def test_a_wrong_statement_spoils_nothing_for_the_next(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime(pool_size=1)
    for _ in range(3):
        with pytest.raises(DataError) as wrong:
            await asked(runtime, text("SELECT 1 / 0"))
        assert not wrong.value.connection_invalidated
        [row] = await asked(runtime, WHO, number=1)
        assert row.number == 1


async def test_a_connection_that_is_lost_is_told_as_such_and_replaced(
    new_runtime: NewRuntime,
) -> None:
    runtime = await new_runtime(pool_size=1)
    with pytest.raises(OperationalError) as lost:
        await asked(runtime, LOST)
    assert lost.value.connection_invalidated
    [row] = await asked(runtime, WHO, number=1)
    assert row.number == 1


async def test_a_connection_that_is_lost_as_a_transaction_begins_is_told_too(
    new_runtime: NewRuntime, database: TestDatabase
) -> None:
    runtime = await new_runtime(pool_size=1)
    async with runtime.database.engine.connect() as connection:
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await connection.rollback()
        with psycopg.connect(database.superuser_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

        with pytest.raises(OperationalError) as lost:
            await bind(connection, SERVICE)
        assert lost.value.connection_invalidated
    async with runtime.begin(SERVICE) as uow:
        await uow.connection.execute(WRITE)


async def test_many_ask_at_once_over_few_connections(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime(pool_size=2)
    found = await asyncio.gather(*(asked(runtime, WHO, number=n) for n in range(50)))
    assert [row.number for [row] in found] == list(range(50))


async def test_who_gives_up_leaves_the_connection_to_others(
    new_runtime: NewRuntime, database: TestDatabase
) -> None:
    runtime = await new_runtime(pool_size=1)
    slow = asyncio.create_task(asked(runtime, text("SELECT pg_sleep(30)")))
    with psycopg.connect(database.superuser_url, autocommit=True) as other:
        async with asyncio.timeout(10):
            while not other.execute(ASLEEP).fetchall():  # noqa: ASYNC110 - PostgreSQL is no event
                await asyncio.sleep(0)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    async with asyncio.timeout(10):
        [row] = await asked(runtime, WHO, number=1)
    assert row.number == 1


async def test_it_learns_how_far_time_was_moved(
    new_runtime: NewRuntime, database: TestDatabase
) -> None:
    runtime = await new_runtime()
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(MOVED)
    await asked(runtime, WHO, number=1)
    assert runtime.database.clock_offset.total_seconds() == 60
