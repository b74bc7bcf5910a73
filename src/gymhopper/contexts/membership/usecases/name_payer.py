"""Say who pays for a membership: the member, another member, or a household."""

from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import exists, select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.guardianship import of_age
from gymhopper.contexts.membership.domain.household import CannotPay
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.person import Person
from gymhopper.contexts.membership.storage.household_tables import housemate
from gymhopper.contexts.membership.storage.people_tables import guardianship
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.kernel.errors import NotFound


class NamedPayer(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to pay: a member of the organisation, or a household that the member is in."""

    kind: Literal["person", "household"]
    id: UUID


async def name_payer(
    uow: UnitOfWork, membership: Membership, member: Member, named: NamedPayer | None
) -> None:
    """Have the new membership be paid by them; by the member when nobody is named.

    Members name themselves, a guardian of theirs, or their household, who pay when they are shown
    the page; the desk writes down any grown-up who agreed. Raises NotFound, CannotPay.
    """
    if named is None or named.id == member.id:
        return
    if named.kind == "household":
        await _require_housemate(uow, named.id, member)
    else:
        await _require_agreed(uow, named.id, member)
    membership.payer_kind, membership.payer_id = named.kind, named.id


async def require_grown_up(uow: UnitOfWork, member: Member, *, field: str) -> None:
    """Raise CannotPay for a minor, as far as that is known."""
    person = await uow.session.get_one(Person, member.person_id)
    born = ContactSeal(uow.runtime.secrets).birth_date(person)
    of = guardianship.c
    guarded = exists().where(of.dependent_member_id == member.id, of.ended_at.is_(None))
    minor = born is not None and not of_age(born, uow.now.date())
    if minor or (await uow.connection.execute(select(guarded))).scalar_one():
        raise CannotPay("Whoever pays is of age and has no guardian.", field=field)


async def _require_housemate(uow: UnitOfWork, household_id: UUID, member: Member) -> None:
    of = housemate.c
    inside = exists().where(
        of.household_id == household_id, of.member_id == member.id, of.left_at.is_(None)
    )
    if not (await uow.connection.execute(select(inside))).scalar_one():
        raise NotFound("The member is in no household with this id.", field="payer")


async def _require_agreed(uow: UnitOfWork, payer_id: UUID, member: Member) -> None:
    of = guardianship.c
    guards = exists().where(
        of.guardian_member_id == payer_id,
        of.dependent_member_id == member.id,
        of.ended_at.is_(None),
    )
    if (await uow.connection.execute(select(guards))).scalar_one():
        return
    # Nobody puts the bill on somebody else by themselves.
    other = None
    if uow.subject.person_id is None:
        other = await uow.session.get(Member, payer_id)
    if other is None or other.organisation_id != member.organisation_id:
        raise NotFound("There is no member with this id who could pay.", field="payer")
    await require_grown_up(uow, other, field="payer")
