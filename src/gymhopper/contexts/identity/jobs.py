"""Identity's background work: mails, and sweeping out what is of no use any more."""

from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.registry import Due, Jobs, Timers
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.usecases import queue_mail, request_link
from gymhopper.contexts.identity.usecases.end_impersonation import (
    UNTIL_REACHED,
    end_impersonation,
)
from gymhopper.contexts.identity.usecases.send_link import send_link
from gymhopper.contexts.identity.usecases.send_mail import send_mail
from gymhopper.contexts.identity.usecases.sweep import sweep

jobs = Jobs()
timers = Timers()


@jobs.job(queue_mail.SEND_MAIL, attempts=12)
async def send_one_mail(runtime: Runtime, *, mail_id: str) -> None:
    """Tried for more than an hour: servers that know nobody yet say "later" first (greylisting)."""
    await send_mail(runtime, UUID(mail_id))


@jobs.job(request_link.SEND_LINK)
async def send_one_link(runtime: Runtime, *, link_id: str) -> None:
    """Decides what the link is, and has it sent."""
    async with runtime.begin(SERVICE) as uow:
        await send_link(uow, UUID(link_id))


@timers.every(timedelta(hours=1), "identity.sweep")
async def sweep_hourly(uow: UnitOfWork, _: Due) -> None:
    """Nothing depends on it: what it takes away has expired."""
    await sweep(uow)


@timers.on(UNTIL_REACHED)
async def impersonation_until_reached(uow: UnitOfWork, due: Due) -> None:
    """It stopped acting at that instant by itself; now it is told."""
    await end_impersonation(uow, UUID(due.key))
