"""What a context is to the rest of the process, and how the selected ones are found."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from fastapi import APIRouter
from starlette.types import ASGIApp

from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.sealed_tables import SealedTable
from gymhopper.contracts.event import Event

if TYPE_CHECKING:
    from gymhopper.chassis.runtime import Runtime
    from gymhopper.chassis.unit_of_work import UnitOfWork

E = TypeVar("E", bound=Event)
P = TypeVar("P")

EventHandler = Callable[["UnitOfWork", Any, Envelope], Awaitable[None]]
JobHandler = Callable[..., Awaitable[None]]
TimerHandler = Callable[["UnitOfWork", "Due"], Awaitable[None]]


class Component(Protocol):
    """A part of the process with a life of its own: a server, a loop, a pool."""

    name: str

    async def start(self) -> None:
        """Begin; return when ready."""
        ...

    async def stop(self) -> None:
        """Finish what is under way, then end."""
        ...

    def trouble(self) -> str | None:
        """Why this is not ready to serve, or None."""
        ...


class Subscriptions:
    """The events that a context listens to. Handlers run in the transaction of the delivery.

    With `linger`, in seconds, the context lets news gather for so long after the first of them: for
    one that hears of every visit and is not waited for.
    """

    def __init__(self, *, linger: float = 0.0) -> None:
        self.linger = linger
        self.handlers: dict[str, list[EventHandler]] = {}

    def on(self, *events: type[E]) -> Callable[[EventHandler], EventHandler]:
        """Register `async def handle(uow, event, envelope)` for these events."""

        def register(handler: EventHandler) -> EventHandler:
            for event in events:
                self.handlers.setdefault(event.type, []).append(handler)
            return handler

        return register


@dataclass(frozen=True, slots=True)
class Job:
    """`handler(runtime, **arguments)`; tried again after 2, 4, 8 ... seconds, `attempts` times."""

    name: str
    handler: JobHandler
    attempts: int = 8


class Jobs:
    """The background jobs that a context offers."""

    def __init__(self) -> None:
        self.all: dict[str, Job] = {}

    def job(self, name: str, *, attempts: int = 8) -> Callable[[JobHandler], JobHandler]:
        """Register `async def work(runtime, **arguments)` under `name` (`context.verb`)."""

        def register(handler: JobHandler) -> JobHandler:
            self.all[name] = Job(name, handler, attempts)
            return handler

        return register


@dataclass(frozen=True, slots=True)
class Due:
    """A timer that rang. `due_at` is when it should have, which may be long before now."""

    name: str
    key: str
    due_at: datetime
    payload: Mapping[str, Any]


class Timers:
    """The timers that a context answers to, and what it does again and again."""

    def __init__(self) -> None:
        self.handlers: dict[str, TimerHandler] = {}
        self.every_: dict[str, timedelta] = {}

    def on(self, name: str) -> Callable[[TimerHandler], TimerHandler]:
        """Register `async def ring(uow, due)` for timers of that name (`context.noun_verb`)."""

        def register(handler: TimerHandler) -> TimerHandler:
            self.handlers[name] = handler
            return handler

        return register

    def every(self, interval: timedelta, name: str) -> Callable[[TimerHandler], TimerHandler]:
        """Like `on`, but the timer sets itself again `interval` after each ring."""

        def register(handler: TimerHandler) -> TimerHandler:
            self.handlers[name] = handler
            self.every_[name] = interval
            return handler

        return register


@dataclass(frozen=True, slots=True)
class Implementation(Generic[P]):
    """A contract (a Protocol of `contracts/<c>/api.py`) and what makes the object that keeps it."""

    contract: type[P]
    build: Callable[[Runtime], P]


Role = Literal["api", "relay", "worker"]
"""What a process does: answer requests; number and publish events; handle events, jobs, timers."""


@dataclass(frozen=True, slots=True)
class Part:
    """A component that a context needs in the processes of one role."""

    role: Role
    build: Callable[[Runtime], Component]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that the composition root knows of a context.

    `fast_paths` maps exact paths below `/api/v1` to bare ASGI apps that bypass the framework, and
    gives the component that must run for them;
    `shortcut` puts a bare ASGI app in front of the framework: it gets every request behind the
    edge, and hands on to the app that it is given whatever is not its own;
    `mounts` maps a prefix of the whole site to an app that serves everything below it;
    `invariants` maps what must always be true of the data, as a sentence, to the SQL that counts
    what breaks it; `scopes` maps each scope that its routes ask for to what it allows, in a phrase
    that follows "may"; `audit_shows` maps a table to the columns of text and JSON, separated by
    spaces, whose values the audit log may copy: no personal data, no secrets, no free text;
    `sealed` is what it keeps sealed, which a rotation of the master key seals anew.
    """

    name: str
    migrations: Migrations | None = None
    routers: Sequence[APIRouter] = ()
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    jobs: Jobs = field(default_factory=Jobs)
    timers: Timers = field(default_factory=Timers)
    apis: Sequence[Implementation[Any]] = ()
    parts: Sequence[Part] = ()
    fast_paths: Callable[[Runtime], tuple[Mapping[str, ASGIApp], Component]] | None = None
    shortcut: Callable[[Runtime, ASGIApp], ASGIApp] | None = None
    mounts: Callable[[Runtime], Mapping[str, ASGIApp]] | None = None
    before_start: Callable[[Runtime], Awaitable[None]] | None = None
    invariants: Mapping[str, str] = field(default_factory=dict)
    sealed: Sequence[SealedTable] = ()
    scopes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    described: Callable[[], dict[str, Any]] | None = None
    audit_shows: Mapping[str, str] = field(default_factory=dict)


def load(names: Iterable[str]) -> list[Context]:
    """Import the `context` of each package by its dotted name; nothing else is imported."""
    # What is imported stays. Looking for garbage in it while it grows takes a quarter of a start.
    collects = gc.isenabled()
    gc.disable()
    try:
        return [importlib.import_module(f"{name}.context").context for name in names]
    finally:
        if collects:
            gc.enable()
