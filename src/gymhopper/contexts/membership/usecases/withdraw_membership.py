"""Withdraw from a contract: an act of its own, beside its cancellation."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.leaving_request import LeavingRequest
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.receipt import Receipt
from gymhopper.contexts.membership.domain.withdrawal import ALL, Share, check_right, given_back
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.keep_receipt import keep_receipt
from gymhopper.contexts.membership.usecases.publish import publish


async def withdraw_membership(
    uow: UnitOfWork, membership_id: UUID, request: LeavingRequest | None = None
) -> Receipt:
    """End the contract as withdrawn, and say what part of the money goes back.

    One that was asked for without signing in is in time if the `request` was.

    Raises NothingToWithdraw or WithdrawalOver where there is no right to it.
    """
    membership = await uow.get(Membership, membership_id)
    share = await withdrawal(uow, membership, request)
    for event in membership.withdraw(uow.now, share):
        await publish(uow, membership, event)
    request_id = None if request is None else request.id
    return await keep_receipt(
        uow, membership, "withdrawal", "now", share=share, request_id=request_id
    )


async def withdrawal(
    uow: UnitOfWork, membership: Membership, request: LeavingRequest | None = None
) -> Share:
    """What would go back to whoever withdraws now. Raises as `withdraw_membership` does."""
    agreed = tables.agreement.c
    found = await uow.connection.execute(
        select(agreed.channel, agreed.early_start)
        .where(agreed.membership_id == membership.id)
        .order_by(agreed.id)
        .limit(1)
    )
    row = found.one_or_none()
    check_right(
        membership.purchased_at,
        uow.now if request is None else request.created_at,
        membership.zone,
        membership.conditions.withdrawal_days,
        "desk" if row is None else row.channel,
    )
    if row is None:
        return ALL
    return given_back(
        membership.start,
        membership.paid_until,
        uow.now,
        membership.zone,
        early_start=row.early_start,
    )
