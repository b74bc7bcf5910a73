"""A studio for each test; whatever a test does in it, every promise holds in the end."""

from collections.abc import AsyncIterator

import pytest

from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.kernel.clock import ManualClock
from payments.studio import Studio, open_studio


@pytest.fixture
async def studio(
    new_runtime: NewRuntime, database: TestDatabase, clock: ManualClock
) -> AsyncIterator[Studio]:
    async with open_studio(new_runtime, database, clock) as opened:
        yield opened
        assert await opened.broken() == []
