"""Subscribers that fail when they are told to, and what is done with their deliveries."""

from collections.abc import Callable

import psycopg

from chassis.counting import (
    Counted,
    note,
)
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.chassis.unit_of_work import UnitOfWork

Fails = Callable[[Counted, Envelope], bool]


def failing(subscriber: str, fails: Fails) -> Subscriptions:
    """Notes each count first, and fails after it when it is told to."""
    subscriptions = Subscriptions()

    @subscriptions.on(Counted)
    async def handle(uow: UnitOfWork, event: Counted, envelope: Envelope) -> None:
        await note(uow, subscriber, envelope)
        if fails(event, envelope):
            raise RuntimeError("not today")

    return subscriptions


def local(runtime: Runtime, name: str, subscriptions: Subscriptions) -> LocalSubscriber:
    return LocalSubscriber(runtime, Delivery(name, subscriptions))


async def drain(subscriber: LocalSubscriber) -> None:
    while await subscriber.step():
        pass


async def retry_all(subscriber: LocalSubscriber) -> int:
    count = 0
    while await subscriber.retry_step():
        count += 1
    return count


def parked(url: str) -> list[tuple[int, str, int]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT seq, state, attempts FROM bus.parked ORDER BY seq"
        ).fetchall()
