"""Follow what billing reports of a membership's payments.

All values are absolute, and reports about different things commute: see `Membership`.
"""

from datetime import datetime
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contexts.membership.usecases.tell_of_debt import tell_of_debt
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period


async def receive_payment(uow: UnitOfWork, membership_id: UUID, paid: Period) -> None:
    """A period was paid for; the first one makes the contract run."""
    membership = await uow.get(Membership, membership_id)
    await publish(uow, membership, membership.receive_payment(paid, uow.now))
    if membership.overdue_since is not None:
        await tell_of_debt(uow, membership)


async def change_debt(
    uow: UnitOfWork, membership_id: UUID, overdue_since: datetime | None, owed: Money
) -> None:
    """Something is owed since then, or nothing any more; then the time for which the debt kept the
    door closed is given back where the plan says so."""
    membership = await uow.get(Membership, membership_id)
    locked_out = membership.locked_out(uow.now)
    event = membership.owe(overdue_since, uow.now, owed=owed.amount)
    await publish(uow, membership, event)
    if event is not None and overdue_since is None and locked_out is not None:
        await publish(uow, membership, membership.give_back(locked_out, "lockout", uow.now))
    await tell_of_debt(uow, membership)


async def follow_collection(
    uow: UnitOfWork, membership_id: UUID, ends_at: datetime | None, *, ended: bool, at: datetime
) -> None:
    """The payment provider will stop collecting then, or has stopped; `at` is when it said so."""
    membership = await uow.get(Membership, membership_id)
    event = membership.follow_collection(ends_at, ended=ended, at=at, now=uow.now)
    await publish(uow, membership, event)


async def take_access_back(uow: UnitOfWork, membership_id: UUID, at: datetime) -> None:
    """A refund ends the membership as of `at`."""
    membership = await uow.get(Membership, membership_id)
    await publish(uow, membership, membership.terminate(at, uow.now))
