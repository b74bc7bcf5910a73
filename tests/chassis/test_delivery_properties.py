"""Whatever fails, and however deliveries are cut and repeated: once each, in order."""

from uuid import UUID

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.counting import (
    Counted,
    count_up,
    effects,
    new_counters,
    number,
)
from chassis.delivering import failing, retry_all
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.transports.delivery import RETRY_DELAYS, Delivery
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


class _Plan(msgspec.Struct, frozen=True):
    """For each event: which of three counters it is of, and how often its handling fails."""

    events: tuple[tuple[int, int], ...]
    batches: tuple[int, ...]


plans = st.builds(
    _Plan,
    events=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from((0, 0, 0, 1, 2))), min_size=1, max_size=12
    ).map(tuple),
    batches=st.lists(st.integers(1, 5), min_size=1, max_size=6).map(tuple),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(plan=plans)
async def test_whatever_fails_each_event_has_its_effect_once_and_in_order(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock, plan: _Plan
) -> None:
    runtime = await new_runtime()
    name = str(new_id())
    counters = await new_counters(runtime, 3)
    fails = dict(enumerate(times for _, times in plan.events))

    def fail(event: Counted, _: Envelope) -> bool:
        return fails[event.value] > 0

    for value, (which, _) in enumerate(plan.events):
        await count_up(runtime, counters[which], value)
    await number(runtime)
    async with runtime.read(SERVICE) as connection:
        last = await event_log.last_seq(connection)
        count = len(plan.events)
        envelopes = await event_log.read(connection, after=last - count, last=last, limit=count)

    delivery = Delivery(name, failing(name, fail))
    place = 0
    for size in (*plan.batches, count):
        async with runtime.begin(SERVICE) as uow:
            await delivery.take(uow, envelopes[max(0, place - 1) : place + size])
        place += size
    subscriber = LocalSubscriber(runtime, delivery)
    for _ in range(3):
        clock.advance(RETRY_DELAYS[-1])
        fails = {value: max(0, times - 1) for value, times in fails.items()}
        await retry_all(subscriber)

    expected: dict[UUID, list[int]] = {}
    for which, _ in plan.events:
        known = expected.setdefault(counters[which], [])
        known.append(len(known) + 1)
    assert effects(counting.owner_url, name) == expected
    await runtime.close()
