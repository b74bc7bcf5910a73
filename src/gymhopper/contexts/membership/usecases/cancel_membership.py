"""Cancel a membership: now, at the end of its period or its term, or on a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import (
    DateOutOfRange,
    ReasonMissing,
    TermStillRuns,
)
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.queries.memberships import MembershipView, view
from gymhopper.contexts.membership.usecases.keep_receipt import keep_receipt
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.kernel.calendar import local_date, start_of_day

LONGEST_NOTICE = timedelta(days=5 * 366)

When = Literal["now", "period_end", "term_end", "date"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelMembership:
    """`term_end` is the earliest end that term and notice allow. `day` is the first local day
    without the membership, given when `when` is "date". `request_id` is that of whoever asked
    without signing in.
    """

    membership_id: UUID
    when: When
    reason: str
    day: date | None = None
    request_id: UUID | None = None


async def cancel_membership(uow: UnitOfWork, command: CancelMembership) -> MembershipView:
    """End the contract, or set when it ends; set again, it moves.

    Raises TermStillRuns where a member asks for an end before the earliest that was agreed; staff
    may let somebody go earlier, and say why: ReasonMissing.
    """
    membership = await uow.get(Membership, command.membership_id)
    end = _end(membership, uow, command)
    _check_term(membership, uow, command, end)
    await publish(uow, membership, membership.cancel(end, uow.now, command.reason))
    await keep_receipt(uow, membership, "cancellation", command.when, request_id=command.request_id)
    return view(membership, uow.now)


async def revoke_cancellation(uow: UnitOfWork, membership_id: UUID) -> MembershipView:
    """Let a contract that is under notice go on."""
    membership = await uow.get(Membership, membership_id)
    await publish(uow, membership, membership.revoke_cancellation(uow.now))
    return view(membership, uow.now)


def _end(membership: Membership, uow: UnitOfWork, command: CancelMembership) -> datetime:
    if command.when == "now":
        return uow.now
    if command.when == "period_end":
        return membership.period_end(uow.now)
    if command.when == "term_end":
        return membership.earliest_end(uow.now)
    return start_of_day(_day(membership, uow, command.day), membership.zone)


def _check_term(
    membership: Membership, uow: UnitOfWork, command: CancelMembership, end: datetime
) -> None:
    earliest = membership.earliest_end(uow.now)
    kept = membership.cancelled_at is not None and end >= membership.cancelled_at
    if membership.contract == "pending" or end >= earliest or kept:
        return
    if uow.subject.person_id is not None or command.request_id is not None:
        day = local_date(earliest, membership.zone)
        raise TermStillRuns(f"The first day without this membership can be {day}.", field="when")
    if not command.reason:
        raise ReasonMissing("Say why it ends before its term does.", field="reason")


def _day(membership: Membership, uow: UnitOfWork, day: date | None) -> date:
    today = local_date(uow.now, membership.zone)
    if day is None:
        raise DateOutOfRange("Say on which day it ends.", field="at")
    if not today < day <= today + LONGEST_NOTICE:
        raise DateOutOfRange("The day lies ahead, and within five years.", field="at")
    return day
