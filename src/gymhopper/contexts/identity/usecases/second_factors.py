"""Which second factors an account has."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.session import Method
from gymhopper.contexts.identity.storage.factor_tables import authenticator, recovery_code


async def second_factors(uow: UnitOfWork, account_id: UUID) -> frozenset[Method]:
    """The methods of which one is asked for after a first factor; empty when none is set up."""
    app = select(authenticator.c.account_id).where(
        authenticator.c.account_id == account_id, authenticator.c.confirmed_at.is_not(None)
    )
    if await uow.session.scalar(app) is None:
        return frozenset()
    left = select(recovery_code.c.index).where(
        recovery_code.c.account_id == account_id, recovery_code.c.used_at.is_(None)
    )
    if await uow.session.scalar(left.limit(1)) is None:
        return frozenset({"totp"})
    return frozenset({"totp", "recovery_code"})
