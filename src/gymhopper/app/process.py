"""Composes a process: the selected contexts in the selected roles, in the order of their start."""

from collections.abc import Collection
from datetime import timedelta

from starlette.types import ASGIApp

from gymhopper.chassis.audit import log as audit_log
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.idempotency.purge import purge_answers
from gymhopper.chassis.lifecycle import Lifecycle
from gymhopper.chassis.listener import Listener
from gymhopper.chassis.loop import Loop, Signal
from gymhopper.chassis.registry import Component, Context, Role
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.server import HttpServer
from gymhopper.chassis.timers import TimerRunner
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.kafka_relay import KafkaRelay
from gymhopper.chassis.transports.kafka_subscriber import KafkaSubscriber
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.chassis.transports.sequencer import sequencer
from gymhopper.contracts.event import context_of

ROLES: tuple[Role, ...] = ("api", "relay", "worker")


class Process:
    """One operating-system process of the platform: a runtime and what runs on it."""

    def __init__(self, runtime: Runtime, *, roles: Collection[Role] = ROLES) -> None:
        self.runtime = runtime
        components: list[Component] = [_clock(runtime)]
        if "relay" in roles:
            components.append(sequencer(runtime))
            if runtime.settings.kafka_servers is not None:
                components.append(KafkaRelay(runtime))
        if "worker" in roles:
            components += _workers(runtime)
        components += [
            part.build(runtime)
            for context in runtime.contexts
            for part in context.parts
            if part.role in roles
        ]
        fast_paths: dict[str, ASGIApp] = {}
        if "api" in roles:
            for context in runtime.contexts:
                if context.fast_paths is not None:
                    paths, component = context.fast_paths(runtime)
                    fast_paths.update(paths)
                    components.append(component)
        components.append(Listener(runtime))
        self.app = create_app(
            runtime, self.troubles, with_routes="api" in roles, fast_paths=fast_paths
        )
        self.server = HttpServer(self.app, host=runtime.settings.host, port=runtime.settings.port)
        self.lifecycle = Lifecycle([*components, self.server])

    @property
    def url(self) -> str:
        """Where the process answers."""
        return self.runtime.url

    def troubles(self) -> dict[str, str]:
        """What is not ready, by component."""
        return self.lifecycle.troubles()

    async def start(self) -> None:
        """Start everything; returns when the process can serve."""
        self.runtime.url = self.server.bind()
        await self.runtime.stored_clock.refresh()
        async with self.runtime.database.transaction(SERVICE) as connection:
            await event_log.ensure_partitions(connection, self.runtime.clock.now())
        await audit_log.ensure_partitions(self.runtime.database, self.runtime.clock.now())
        for context in self.runtime.contexts:
            if context.before_start is not None:
                await context.before_start(self.runtime)
        await self.lifecycle.start()

    async def stop(self) -> None:
        """Stop in reverse order, then close the pools."""
        await self.lifecycle.stop()
        await self.runtime.close()


def _clock(runtime: Runtime) -> Loop:
    """Takes over a moved clock, and keeps partitions ahead of it."""
    covered = runtime.clock.now() - timedelta(days=1)

    async def step() -> bool:
        nonlocal covered
        await runtime.stored_clock.refresh()
        if runtime.clock.now() > covered:
            async with runtime.database.transaction(SERVICE) as connection:
                await event_log.ensure_partitions(connection, runtime.clock.now())
            await audit_log.ensure_partitions(runtime.database, runtime.clock.now())
            covered = runtime.clock.now() + timedelta(days=1)
        return False

    return Loop("clock", step, every=1.0)


def _workers(runtime: Runtime) -> list[Component]:
    async def purge() -> bool:
        return await purge_answers(runtime.database, runtime.clock.now())

    components: list[Component] = [Loop("idempotency", purge, every=60)]
    for context in runtime.contexts:
        if context.subscriptions.handlers:
            components += _subscriber(runtime, context)
    timers = TimerRunner(runtime, [each.timers for each in runtime.contexts])
    jobs = [job for context in runtime.contexts for job in context.jobs.all.values()]
    components += [
        Loop("timers", timers.step, every=0.5),
        runtime.jobs.worker(jobs, concurrency=4),
    ]
    return components


def _subscriber(runtime: Runtime, context: Context) -> list[Component]:
    delivery = Delivery(context.name, context.subscriptions)
    local = LocalSubscriber(runtime, delivery)
    # A context looks when one that it listens to has spoken, and now and then all the same.
    spoken = {context_of(each) for each in delivery.types}
    numbered = Signal(*(runtime.signal(event_log.channel_of(each)) for each in sorted(spoken)))
    linger = context.subscriptions.linger
    return [
        Loop(f"events:{context.name}", local.step, every=1.0, wake=numbered, linger=linger)
        if runtime.settings.kafka_servers is None
        else KafkaSubscriber(runtime, delivery),
        Loop(f"retries:{context.name}", local.retry_step, every=1.0),
    ]
