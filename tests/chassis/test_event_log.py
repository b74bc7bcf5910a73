"""The log loses nothing, reorders nothing, and repeats nothing."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.delivery import Delivery
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.events.local import LocalSubscriber
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contracts.event import Event
from gymhopper.kernel.ids import new_id


class Counted(Event, frozen=True, kw_only=True):
    type: ClassVar[str] = "testing.counter.counted.v1"
    value: int


@dataclass
class Counter:
    id: UUID
    version: int = 0


async def record(runtime: Runtime, counter: Counter, *values: int) -> None:
    async with runtime.begin(SERVICE) as uow:
        for value in values:
            uow.record(counter, Counted(value=value), organisation_id=None)


async def number(runtime: Runtime) -> int:
    async with runtime.database.transaction(SERVICE) as connection:
        return await event_log.number(connection)


async def test_a_subscriber_sees_recorded_events_in_order_and_once(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime()
    seen: list[tuple[int, int]] = []
    subscriptions = Subscriptions()

    @subscriptions.on(Counted)
    async def handle(uow: UnitOfWork, event: Counted, envelope: Envelope) -> None:
        seen.append((event.value, envelope.aggregate_version))

    await record(runtime, Counter(new_id()), 7, 8)
    assert await number(runtime) == 2
    subscriber = LocalSubscriber(runtime, Delivery("testing", subscriptions))
    for _ in range(3):
        await subscriber.step()

    assert seen == [(7, 1), (8, 2)]
