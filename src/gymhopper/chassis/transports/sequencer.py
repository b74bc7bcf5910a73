"""Numbers what writers committed, and tells every process about it."""

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.loop import Loop
from gymhopper.chassis.runtime import Runtime

# Writers of other processes do not notify (a NOTIFY would serialise their commits), so look often,
# and cheaply: one query that reads one small partial index.
POLL = 0.02


def sequencer(runtime: Runtime) -> Loop:
    """The loop that numbers events. Any number may run; one at a time works."""

    async def step() -> bool:
        async with runtime.database.look() as connection:
            if not await event_log.is_waiting(connection):
                return False
        async with runtime.database.transaction(SERVICE) as connection:
            numbered = await event_log.number(connection)
        for channel in numbered.channels:
            if (waiting := runtime.signals.get(channel)) is not None:
                waiting.fire()
        return numbered.events > 0

    return Loop("sequencer", step, every=POLL, wake=runtime.appended)
