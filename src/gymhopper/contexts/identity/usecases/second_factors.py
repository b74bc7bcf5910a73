"""Which second factors an account has."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.session import Method


async def second_factors(uow: UnitOfWork, account_id: UUID) -> frozenset[Method]:
    """The methods of which one is asked for after a first factor; empty when none is set up."""
    del uow, account_id
    return frozenset()
