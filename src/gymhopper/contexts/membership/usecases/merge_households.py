"""Households and payers follow a member who is merged."""

from sqlalchemy import and_, select, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.household import Housemate
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.storage.household_tables import household, housemate
from gymhopper.contexts.membership.storage.tables import membership


async def merge_households(uow: UnitOfWork, survivor: Member, duplicate: Member) -> None:
    """The survivor pays what the duplicate paid, and is in the duplicate's household.

    Who was in two households leaves the duplicate's; what it pays for it goes on paying.
    """
    of = housemate.c
    live = select(Housemate).where(
        of.member_id.in_([survivor.id, duplicate.id]), of.left_at.is_(None)
    )
    found = (await uow.session.scalars(live.with_for_update())).all()
    if len(found) > 1:
        next(each for each in found if each.member_id == duplicate.id).left_at = uow.now
    await uow.session.flush()
    await uow.connection.execute(
        update(housemate)
        .where(of.member_id == duplicate.id)
        .values(member_id=survivor.id, person_id=survivor.person_id)
    )
    await uow.connection.execute(
        update(household)
        .where(household.c.payer_member_id == duplicate.id)
        .values(
            payer_member_id=survivor.id,
            payer_person_id=survivor.person_id,
            version=household.c.version + 1,
        )
    )
    paid = membership.c
    await uow.connection.execute(
        update(membership)
        .where(paid.payer_kind == "person", paid.payer_id == duplicate.id)
        .values(payer_id=survivor.id, version=paid.version + 1)
    )
    # Whoever pays for themselves is not named.
    await uow.connection.execute(
        update(membership)
        .where(and_(paid.payer_kind == "person", paid.payer_id == paid.member_id))
        .values(payer_id=None)
    )
