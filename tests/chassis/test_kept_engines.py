"""SQLAlchemy's engines go from one runtime to the next as if they were new."""

from pathlib import Path

from sqlalchemy import event, text

from fixtures import kept_engines
from fixtures.engines import TestDatabase
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings


def runtime_on(database: TestDatabase, folder: Path, *, pool_size: int = 3) -> Runtime:
    settings = Settings(data_folder=folder, pool_size=pool_size)
    return Runtime(settings, [], database_url=database.url)


async def backend(runtime: Runtime) -> int:
    """The server's process behind the runtime's connection."""
    async with runtime.database.transaction(SERVICE) as connection:
        found: int = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        return found


async def test_the_next_runtime_gets_the_engine_without_its_connections(
    database: TestDatabase, tmp_path: Path
) -> None:
    first, next_one = runtime_on(database, tmp_path), runtime_on(database, tmp_path)
    engine = kept_engines.lend(first)
    before = await backend(first)
    await kept_engines.give_back(engine)
    assert kept_engines.lend(next_one) is engine
    assert await backend(next_one) != before
    await kept_engines.give_back(engine)


async def test_two_at_a_time_share_none_nor_do_pools_of_two_sizes(
    database: TestDatabase, tmp_path: Path
) -> None:
    several = [runtime_on(database, tmp_path, pool_size=size) for size in (3, 3, 2)]
    engines = [kept_engines.lend(each) for each in several]
    assert len(set(engines)) == 3
    for engine in engines:
        await kept_engines.give_back(engine)
    again = [runtime_on(database, tmp_path, pool_size=size) for size in (3, 2)]
    assert [kept_engines.lend(each).pool.size() for each in again] == [3, 2]
    for each in again:
        await kept_engines.give_back(each.database.engine)


async def test_one_that_was_listened_to_is_not_kept(database: TestDatabase, tmp_path: Path) -> None:
    engine = kept_engines.lend(runtime_on(database, tmp_path))
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *_: None)
    await kept_engines.give_back(engine)
    another = kept_engines.lend(runtime_on(database, tmp_path))
    assert another is not engine
    await kept_engines.give_back(another)
