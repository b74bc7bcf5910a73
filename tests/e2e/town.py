"""A gym in an installation, with members who are signed in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bench.booking.world import Gym, found, sign_in
from sqlalchemy import text

from e2e.installation import Installation
from gymhopper.app.demo import DEMO_CONTEXTS
from gymhopper.app.opening import open_runtime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.sandbox.demo.client import until

KNOWN = text("SELECT count(*) FROM scheduling.entitlement")


@asynccontextmanager
async def town(main: Installation, people: int) -> AsyncIterator[tuple[Runtime, Gym, list[str]]]:
    """A gym with so many members, their tokens, and a runtime beside the installation's own. The
    timetable has heard of all of them."""
    settings = Settings(data_folder=main.folder, contexts=DEMO_CONTEXTS)
    async with open_runtime(settings, migrated=False) as runtime:
        gym = await found(runtime, people)
        assert runtime.settings.owner_url is not None
        tokens = await asyncio.to_thread(sign_in, runtime.settings.owner_url, gym)
        await until(lambda: rows(runtime, KNOWN), lambda x: x == [(people,)], what="all are known")
        yield runtime, gym, tokens


async def rows(runtime: Runtime, query: Any, **values: object) -> list[tuple[Any, ...]]:
    """What the database holds."""
    async with runtime.read(SERVICE) as connection:
        return [tuple(each) for each in await connection.execute(query, values)]
