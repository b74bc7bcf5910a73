"""Two gyms with a timetable, and a kind of class that can be booked."""

from collections.abc import AsyncIterator

import pytest

from contexts.scheduling.studio import Studio
from contexts.scheduling.town import Gym, Town, open_town
from fixtures.runtimes import NewRuntime
from gymhopper.kernel.clock import ManualClock


@pytest.fixture
async def town(new_runtime: NewRuntime, clock: ManualClock) -> AsyncIterator[Town]:
    async with open_town(new_runtime, clock) as opened:
        yield opened


@pytest.fixture
def gym(town: Town) -> Gym:
    return town.ours


@pytest.fixture
async def studio(town: Town) -> Studio:
    return await Studio.open(town.ours, town.people)
