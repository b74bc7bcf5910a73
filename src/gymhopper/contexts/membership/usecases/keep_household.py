"""Open a household, change it, and say who is in it."""

from uuid import UUID

from sqlalchemy import exists, select

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.household import (
    DebtBlocks,
    Household,
    Housemate,
    InHousehold,
    StillPaidFor,
)
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.household_tables import housemate
from gymhopper.contexts.membership.usecases.name_payer import require_grown_up
from gymhopper.contexts.membership.usecases.share_debt import settle_household
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id


async def open_household(
    uow: UnitOfWork, *, name: str, payer_member_id: UUID, debt_blocks: DebtBlocks
) -> Household:
    """A household of one, who pays for all that come. Raises NotFound, CannotPay, InHousehold."""
    payer = await uow.get(Member, payer_member_id)
    await require_grown_up(uow, payer, field="payer_member_id")
    await _in_none(uow, payer.id, field="payer_member_id")
    household = Household(
        id=new_id(),
        version=1,
        organisation_id=payer.organisation_id,
        name=name,
        payer_member_id=payer.id,
        payer_person_id=payer.person_id,
        debt_blocks=debt_blocks,
        opened_at=uow.now,
    )
    uow.add(household)
    await uow.flush()
    _join(uow, household, payer)
    await uow.flush()
    return household


async def change_household(
    uow: UnitOfWork,
    household_id: UUID,
    *,
    name: str,
    debt_blocks: DebtBlocks,
    expected: Expected = ANY,
) -> Household:
    """Another name, or other doors that a debt closes, from now on."""
    household = await uow.get(Household, household_id)
    expected.require(household)
    household.name, household.debt_blocks = name, debt_blocks
    household.version += 1
    await settle_household(uow, household)
    return household


async def add_housemate(uow: UnitOfWork, household_id: UUID, member_id: UUID) -> Housemate:
    """The member agreed, the desk writes it down. Raises NotFound, InHousehold."""
    member = await uow.get(Member, member_id)
    household = await uow.get(Household, household_id)
    if member.organisation_id != household.organisation_id:
        raise NotFound("There is no member with this id.", field="member_id")
    await _in_none(uow, member.id, field="member_id")
    household.version += 1
    joined = _join(uow, household, member)
    await uow.flush()
    return joined


async def remove_housemate(uow: UnitOfWork, household_id: UUID, member_id: UUID) -> None:
    """Raises StillPaidFor while the household pays for a membership of theirs: it is changed who
    pays for that, or it ends, first."""
    await uow.get(Member, member_id)
    household = await uow.get(Household, household_id)
    of = housemate.c
    found = await uow.session.scalar(
        select(Housemate)
        .where(of.household_id == household.id, of.member_id == member_id, of.left_at.is_(None))
        .with_for_update()
    )
    if found is None:
        raise NotFound("This member is not in the household.")
    sold = tables.membership.c
    paid_for = exists().where(
        sold.member_id == member_id,
        sold.payer_kind == "household",
        sold.payer_id == household.id,
        sold.contract != "ended",
    )
    if (
        household.payer_member_id == member_id
        or (await uow.connection.execute(select(paid_for))).scalar_one()
    ):
        raise StillPaidFor("This member pays for the household, or is paid for by it.")
    found.left_at = uow.now
    household.version += 1


async def _in_none(uow: UnitOfWork, member_id: UUID, *, field: str) -> None:
    """The member's row is held: two desks at once put nobody into two households."""
    of = housemate.c
    live = exists().where(of.member_id == member_id, of.left_at.is_(None))
    if (await uow.connection.execute(select(live))).scalar_one():
        raise InHousehold("This member is in a household already.", field=field)


def _join(uow: UnitOfWork, household: Household, member: Member) -> Housemate:
    joined = Housemate(
        id=new_id(),
        household_id=household.id,
        organisation_id=household.organisation_id,
        member_id=member.id,
        person_id=member.person_id,
        joined_at=uow.now,
        added_by=uow.subject.actor,
    )
    uow.add(joined)
    return joined
