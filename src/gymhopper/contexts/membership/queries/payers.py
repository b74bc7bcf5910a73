"""Who pays for memberships, and what households there are."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.domain.household import DebtBlocks
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.household_tables import household, housemate
from gymhopper.contexts.membership.storage.people_tables import guardianship
from gymhopper.contracts.membership.api import Payer, PayerKind
from gymhopper.kernel.errors import NotFound


class HousemateView(msgspec.Struct, frozen=True, kw_only=True):
    """A member who is in the household."""

    member_id: UUID
    person_id: UUID
    joined_at: datetime


class HouseholdView(msgspec.Struct, frozen=True, kw_only=True):
    """A household with those of its members whom the caller may see."""

    id: UUID
    version: int
    organisation_id: UUID
    name: str
    payer_member_id: UUID
    debt_blocks: DebtBlocks
    members: Sequence[HousemateView]


async def household_view(connection: AsyncConnection, household_id: UUID) -> HouseholdView:
    """The household; NotFound when there is none."""
    asked = select(household).where(household.c.id == household_id)
    found = (await connection.execute(asked)).one_or_none()
    if found is None:
        raise NotFound("There is no household with this id.")
    of = housemate.c
    inside = await connection.execute(
        select(housemate)
        .where(of.household_id == household_id, of.left_at.is_(None))
        .order_by(of.id)
    )
    return HouseholdView(
        id=found.id,
        version=found.version,
        organisation_id=found.organisation_id,
        name=found.name,
        payer_member_id=found.payer_member_id,
        debt_blocks=found.debt_blocks,
        members=[
            HousemateView(
                member_id=each.member_id, person_id=each.person_id, joined_at=each.joined_at
            )
            for each in inside
        ],
    )


async def household_of(connection: AsyncConnection, member_id: UUID) -> HouseholdView:
    """The household that the member is in; NotFound when in none."""
    of = housemate.c
    asked = select(of.household_id).where(of.member_id == member_id, of.left_at.is_(None))
    found = (await connection.execute(asked)).scalar()
    if found is None:
        raise NotFound("There is no household with such a member.")
    return await household_view(connection, found)


async def named(
    connection: AsyncConnection, kind: PayerKind, payer_id: UUID, organisation_id: UUID
) -> Payer | None:
    """Whoever has this id at the organisation; None when nobody has."""
    if kind == "sponsor":
        return Payer(kind=kind, id=payer_id)
    if kind == "person":
        of = tables.member.c
        asked = select(of.id, of.person_id).where(
            of.id == payer_id, of.organisation_id == organisation_id
        )
    else:
        at = household.c
        asked = select(at.payer_member_id, at.payer_person_id).where(
            at.id == payer_id, at.organisation_id == organisation_id
        )
    found = (await connection.execute(asked)).one_or_none()
    if found is None:
        return None
    return Payer(kind=kind, id=payer_id, member_id=found[0], person_id=found[1])


async def could_pay(
    connection: AsyncConnection, membership_id: UUID, kind: PayerKind, payer_id: UUID
) -> Payer | None:
    """The payer, if they can pay for the membership; see `MembershipApi.payer`."""
    sold = tables.membership.c
    asked = select(sold.member_id, sold.organisation_id).where(sold.id == membership_id)
    membership = (await connection.execute(asked)).one_or_none()
    if membership is None or kind == "sponsor":
        return None
    of, guarded = housemate.c, guardianship.c
    if kind == "household":
        fits = exists().where(
            of.household_id == payer_id,
            of.member_id == membership.member_id,
            of.left_at.is_(None),
        )
    else:
        fits = exists().where(
            guarded.dependent_member_id == payer_id,
            guarded.ended_at.is_(None),
            guarded.dependent_member_id != membership.member_id,
        )
    # Who has a guardian pays for nobody else.
    if (await connection.execute(select(fits))).scalar_one() != (kind == "household"):
        return None
    return await named(connection, kind, payer_id, membership.organisation_id)
