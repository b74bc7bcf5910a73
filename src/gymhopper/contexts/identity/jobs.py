"""Timers of identity."""

from uuid import UUID

from gymhopper.chassis.registry import Due, Timers
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.usecases.end_impersonation import (
    UNTIL_REACHED,
    end_impersonation,
)

timers = Timers()


@timers.on(UNTIL_REACHED)
async def impersonation_until_reached(uow: UnitOfWork, due: Due) -> None:
    """It stopped acting at that instant by itself; now it is told."""
    await end_impersonation(uow, UUID(due.key))
