"""Cancel a membership: now, at the end of its period, or on a day."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import DateOutOfRange
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.queries.memberships import MembershipView, view
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.kernel.calendar import local_date, start_of_day

LONGEST_NOTICE = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelMembership:
    """`day` is the first local day without the membership, given when `when` is "date"."""

    membership_id: UUID
    when: Literal["now", "period_end", "date"]
    reason: str
    day: date | None = None


async def cancel_membership(uow: UnitOfWork, command: CancelMembership) -> MembershipView:
    """End the contract, or set when it ends; set again, it moves."""
    membership = await uow.get(Membership, command.membership_id)
    if command.when == "now":
        end = uow.now
    elif command.when == "period_end":
        end = membership.period_end(uow.now)
    else:
        end = start_of_day(_day(membership, uow, command.day), membership.zone)
    await publish(uow, membership, membership.cancel(end, uow.now, command.reason))
    return view(membership, uow.now)


async def revoke_cancellation(uow: UnitOfWork, membership_id: UUID) -> MembershipView:
    """Let a contract that is under notice go on."""
    membership = await uow.get(Membership, membership_id)
    await publish(uow, membership, membership.revoke_cancellation(uow.now))
    return view(membership, uow.now)


def _day(membership: Membership, uow: UnitOfWork, day: date | None) -> date:
    today = local_date(uow.now, membership.zone)
    if day is None:
        raise DateOutOfRange("Say on which day it ends.", field="at")
    if not today < day <= today + LONGEST_NOTICE:
        raise DateOutOfRange("The day lies ahead, and within five years.", field="at")
    return day
