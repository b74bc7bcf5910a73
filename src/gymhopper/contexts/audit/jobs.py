"""What the log does by itself: it is sealed while entries come in."""

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.loop import Loop
from gymhopper.chassis.registry import Component
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.audit.usecases.seal_entries import MOST, seal_entries

EVERY = 10.0
"""Seconds for which an entry waits for its seal at most, where nothing is amiss."""


def sealer(runtime: Runtime) -> Component:
    """The loop that seals. Any number may run; one at a time works."""

    async def step() -> bool:
        async with runtime.begin(SERVICE) as uow:
            return await seal_entries(uow) == MOST

    return Loop("seals", step, every=EVERY)
