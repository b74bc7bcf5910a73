"""Keep the proof of a cancellation or a withdrawal."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.receipt import Act, Receipt
from gymhopper.contexts.membership.domain.withdrawal import Share
from gymhopper.contexts.membership.storage import tables
from gymhopper.kernel.ids import new_id


async def keep_receipt(
    uow: UnitOfWork,
    membership: Membership,
    act: Act,
    wish: str,
    *,
    share: Share | None = None,
    request_id: UUID | None = None,
) -> Receipt:
    """Write down what was declared now and what it came to."""
    member = tables.member.c
    number = await uow.connection.execute(
        select(member.number).where(member.id == membership.member_id)
    )
    receipt = Receipt(
        id=new_id(),
        organisation_id=membership.organisation_id,
        member_id=membership.member_id,
        person_id=membership.person_id,
        membership_id=membership.id,
        act=act,
        member_number=number.scalar_one(),
        plan_name=membership.plan_name,
        wish=wish,
        declared_at=uow.now,
        declared_by=uow.subject.actor,
        ends_at=membership.end,
        given_back_days=None if share is None else share.days,
        of_days=None if share is None else share.of_days,
        request_id=request_id,
    )
    uow.add(receipt)
    return receipt
