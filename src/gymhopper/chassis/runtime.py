"""What a process is made of: settings, keys, database, clock, jobs, and the selected contexts."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar, cast
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Session

from gymhopper.chassis.audit.acts import Act, entry_of, is_audited
from gymhopper.chassis.audit.looking import Looks
from gymhopper.chassis.audit.trail import Trail
from gymhopper.chassis.audit.watching import WatchedSession
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.clock import StoredClock
from gymhopper.chassis.database import Asks, Database
from gymhopper.chassis.idempotency.attempt import present_attempt
from gymhopper.chassis.jobs import JobQueue
from gymhopper.chassis.key_sources import key_source
from gymhopper.chassis.limits.limiter import Limiter
from gymhopper.chassis.loop import Signal
from gymhopper.chassis.registry import Context
from gymhopper.chassis.remote import RemoteApi
from gymhopper.chassis.secrets import Secrets
from gymhopper.chassis.settings import Settings
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.kernel.clock import Clock

P = TypeVar("P")


class Runtime:
    """Handed to everything that needs the outside. Nothing of it is global."""

    def __init__(
        self,
        settings: Settings,
        contexts: Sequence[Context],
        *,
        database_url: str,
        valkey_url: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.contexts = contexts
        self.secrets = Secrets.following(key_source(settings))
        self.valkey_url = valkey_url
        self.url = f"http://{settings.host}:{settings.port}"
        """Where this process answers; the port is the real one once the server has started."""
        self.database = Database(database_url, pool_size=settings.pool_size)
        self.stored_clock = StoredClock(self.database)
        self.clock: Clock = clock or self.stored_clock
        self.jobs = JobQueue(self, database_url)
        self.limiter = Limiter(
            settings.quotas,
            valkey_url=valkey_url,
            key=self.secrets.key("limits"),
            now=self.clock.now,
        )
        self.looks = Looks(self.database)
        self._audit_shows = {
            table: frozenset(columns.split())
            for context in contexts
            for table, columns in context.audit_shows.items()
        }
        self.appended = Signal()
        self._signals: dict[str, Signal] = {}
        self._apis: dict[type[Any], Any] = {}
        self._internal_calls: httpx.AsyncClient | None = None

    @property
    def public_url(self) -> str:
        """Where people reach the platform: the setting, or where this process answers."""
        return (self.settings.public_url or self.url).rstrip("/")

    @asynccontextmanager
    async def begin(self, subject: AuthSubject) -> AsyncIterator[UnitOfWork]:
        """A unit of work for the subject: committed at the end of the block, or not at all.

        What a person or their program writes in it enters the audit log with it.

        In a request with an Idempotency-Key the commit waits for the answer, which it includes.
        Then another unit of work commits this one first, and so must a route that goes on to ask
        the network: see `settle`.
        """
        attempt = present_attempt()
        if attempt is not None and attempt.takes_part:
            await attempt.settle()
        else:
            attempt = None
        trail = Trail(subject, self._audit_shows)
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(self.database.transaction(subject))
            now = self.clock.now()
            if attempt is not None:
                await stack.enter_async_context(attempt.unit(connection, now))
            async with AsyncSession(
                connection,
                sync_session_class=WatchedSession if trail.watches else Session,
                expire_on_commit=False,
                info={"trail": trail},
            ) as session:
                uow = UnitOfWork(
                    runtime=self,
                    connection=connection,
                    session=session,
                    subject=subject,
                    now=now,
                    trail=trail,
                )
                yield uow
                await uow.flush()
                await trail.write(connection, now)
                session.expunge_all()
            if attempt is not None:
                attempt.hold(stack.pop_all(), self.appended.fire if uow.recorded else None)
                return
        if uow.recorded:
            self.appended.fire()

    @asynccontextmanager
    async def read(self, subject: AuthSubject) -> AsyncIterator[AsyncConnection]:
        """A read-only transaction for the subject: the database refuses a write in it.

        Behind a unit of work whose commit waits for the answer, a look into that.
        """
        attempt = present_attempt()
        held = None if attempt is None else await attempt.look(subject)
        if held is not None:
            yield held
            return
        async with self.database.transaction(subject, read_only=True) as connection:
            yield connection

    @asynccontextmanager
    async def asking(self, subject: AuthSubject) -> AsyncIterator[Asks]:
        """As `read`, for a few statements that need not see one moment: each is a transaction of
        its own, for which nobody waits more than once."""
        attempt = present_attempt()
        held = None if attempt is None else await attempt.look(subject)
        yield self.database.asking(subject) if held is None else held

    async def settle(self) -> None:
        """Commit the unit of work that waits for the answer of this request, where there is one.

        To be called between a unit of work and a call over the network: nothing may be held while
        somebody else takes time, and what that call rests on must be stored before.
        """
        attempt = present_attempt()
        if attempt is not None:
            await attempt.settle()

    async def note_act(self, subject: AuthSubject, act: Act) -> None:
        """Have the audit log say that this was done where no unit of work is; returns when it does.

        Concurrent ones share a transaction, so that reading stays quick.
        """
        await self.looks.write(entry_of(act, subject, self.clock.now()))

    async def looked_at(
        self,
        caller: AuthSubject,
        person_id: UUID | None,
        *about: tuple[str, UUID],
        organisation_id: UUID | None = None,
    ) -> None:
        """Have the audit log say that the caller was shown a person's delicate data.

        `about` are the things that were shown, by table and id, and `organisation_id` whose they
        are, for callers who act for all. Who looks at their own record leaves no trace; that a
        supporter looks through their eyes is told of each of the supporter's requests.
        """
        own = person_id is not None and caller.person_id == person_id
        if is_audited(caller) and not own:
            act = Act(
                action="looked",
                organisation_id=organisation_id,
                person_id=person_id,
                about=about,
                what="looked_at",
            )
            await self.note_act(caller, act)

    def signal(self, channel: str) -> Signal:
        """Fires when any process sends a PostgreSQL notification on the channel."""
        return self._signals.setdefault(channel, Signal())

    @property
    def signals(self) -> Mapping[str, Signal]:
        """The channels that something in this process waits for."""
        return self._signals

    def api(self, contract: type[P]) -> P:
        """Whatever keeps this contract: the context in this process, or the one that runs apart."""
        if contract not in self._apis:
            self._apis[contract] = self._find(contract)
        return cast("P", self._apis[contract])

    def _find(self, contract: type[P]) -> P:
        for context in self.contexts:
            for implementation in context.apis:
                if implementation.contract is contract:
                    built = implementation.build(self)
                    return (
                        RemoteApi.wired(contract, built)
                        if self.settings.wired
                        else cast("P", built)
                    )
        if self._internal_calls is None:
            self._internal_calls = httpx.AsyncClient()
        return RemoteApi.to(
            contract,
            client=self._internal_calls,
            base_urls=self.settings.internal_urls,
            secrets=self.secrets,
        )

    async def close(self) -> None:
        """Give back every connection."""
        if self._internal_calls is not None:
            await self._internal_calls.aclose()
        await self.limiter.close()
        await self.jobs.close()
        await self.database.close()
