"""What access does by itself: it feeds its cell, drains its journal and keeps partitions ahead."""

from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.loop import Loop
from gymhopper.chassis.registry import Component, Due, Jobs, Timers
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.storage.feed import CHANNEL
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.contexts.access.usecases.drain_journal import JournalDrain, ensure_partitions
from gymhopper.contexts.access.usecases.feed_cell import CellFeeder
from gymhopper.contexts.access.usecases.follow_booking import FORGET_BOOKINGS, forget_bookings
from gymhopper.contexts.access.usecases.follow_waiver import (
    COMPILE_ORGANISATION,
    compile_organisation,
)
from gymhopper.contexts.access.usecases.hand_over_usage import (
    GO_OVER,
    HAND_OVER_USAGE,
    hand_over_usage,
    usage_goes_over,
)
from gymhopper.kernel.errors import InvalidInput

jobs = Jobs()
timers = Timers()


@jobs.job(HAND_OVER_USAGE)
async def hand_over_used_up(runtime: Runtime, *, person_id: str, into_person_id: str) -> None:
    """Somebody was merged: visits of this month go on counting."""
    cell = open_cell(runtime)
    await cell.open()
    try:
        await hand_over_usage(
            runtime, cell, person_id=UUID(person_id), into_person_id=UUID(into_person_id)
        )
    finally:
        await cell.close()


@jobs.job(GO_OVER)
async def used_up_goes_over(
    runtime: Runtime, *, person_id: str, membership_id: str, to_person_id: str, heir_id: str
) -> None:
    """A membership went over to somebody else: what was used of it does not start anew."""
    cell = open_cell(runtime)
    await cell.open()
    try:
        await usage_goes_over(
            cell,
            person_id=UUID(person_id),
            membership_id=UUID(membership_id),
            to_person_id=UUID(to_person_id),
            heir_id=UUID(heir_id),
        )
    finally:
        await cell.close()


@timers.every(timedelta(days=1), "access.ensure_partitions")
async def partitions_ahead(uow: UnitOfWork, due: Due) -> None:
    """Have the month's tables before the month."""
    del due
    await ensure_partitions(uow)


@timers.every(timedelta(days=1), "access.bookings_over")
async def bookings_over(uow: UnitOfWork, due: Due) -> None:
    """Bookings of days gone by leave nothing behind."""
    del due
    await uow.defer(FORGET_BOOKINGS, lock=FORGET_BOOKINGS)


@jobs.job(FORGET_BOOKINGS)
async def forget_some(runtime: Runtime) -> None:
    """Some at a time: doors wait for nobody."""
    await forget_bookings(runtime)


@jobs.job(COMPILE_ORGANISATION)
async def compile_next(runtime: Runtime, *, organisation_id: str, after: str) -> None:
    """A waiver changed what an organisation's people may do."""
    await compile_organisation(runtime, organisation_id=UUID(organisation_id), after=UUID(after))


class OnCell:
    """A loop that works on the cell, with a connection to it of its own."""

    def __init__(self, cell: ValkeyCell, loop: Loop) -> None:
        self.name = loop.name
        self._cell = cell
        self._loop = loop

    async def start(self) -> None:
        """Connect and begin."""
        await self._cell.open()
        await self._loop.start()

    async def stop(self) -> None:
        """Finish the present step and disconnect."""
        await self._loop.stop()
        await self._cell.close()

    def trouble(self) -> str | None:
        """What keeps the loop from working, if anything."""
        return self._loop.trouble()


def open_cell(runtime: Runtime) -> ValkeyCell:
    """The cell that the process's settings name."""
    if runtime.valkey_url is None:
        raise InvalidInput("The context access needs GYMHOPPER_VALKEY_URL.", field="valkey_url")
    return ValkeyCell(runtime.valkey_url)


def feeder(runtime: Runtime) -> Component:
    """Keeps the cell up to date."""
    cell = open_cell(runtime)
    follow = CellFeeder(runtime, cell)
    return OnCell(cell, Loop("cell", follow.step, every=0.25, wake=runtime.signal(CHANNEL)))


def drain(runtime: Runtime) -> Component:
    """Brings the gates' journal into the database."""
    cell = open_cell(runtime)
    work = JournalDrain(runtime, cell)
    return OnCell(cell, Loop("drain", work.step, every=0.05))


class MountedGate:
    """The connection of the gate that answers in this process."""

    name = "gate"

    def __init__(self, cell: ValkeyCell) -> None:
        self._cell = cell

    async def start(self) -> None:
        """Connect; a cell that is away is tried again while doors are told so."""
        await self._cell.open()

    async def stop(self) -> None:
        """Disconnect."""
        await self._cell.close()

    def trouble(self) -> str | None:
        """The gate answers for itself, door by door."""
        return None
