"""What can be asked about members."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Label, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.member import MemberStatus
from gymhopper.contexts.membership.domain.person import Contact, SealedContact
from gymhopper.contexts.membership.storage import people_tables, tables
from gymhopper.contexts.membership.storage.guest_tables import guest_pass
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.contracts.membership.api import MemberRef, PersonName
from gymhopper.kernel.errors import NotFound


class MemberCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of a member."""

    member_id: UUID
    person_id: UUID
    organisation_id: UUID
    number: str
    first_name: str
    last_name: str
    status: MemberStatus


class MemberDetails(MemberCard, frozen=True, kw_only=True):
    """All that the organisation knows of a member; `memberships` are ids, newest first.

    `version` grows with every change of the member or the person. Who is `managed` has a guardian,
    and does not sign in.
    """

    version: int
    contact: Contact
    tags: tuple[str, ...]
    external_ref: str | None
    managed: bool
    registered_at: datetime
    memberships: tuple[UUID, ...]


CARD = (
    tables.member.c.id.label("member_id"),
    tables.member.c.person_id,
    tables.member.c.organisation_id,
    tables.member.c.number,
    tables.person.c.first_name,
    tables.person.c.last_name,
    tables.member.c.status,
)


_SEALED = (
    tables.person.c.contact,
    tables.person.c.identity,
    tables.person.c.email_index,
    tables.person.c.phone_index,
    tables.person.c.birth_date_index,
)


def managed() -> Label[bool]:
    """Whether the member has a guardian."""
    of = people_tables.guardianship.c
    live = exists().where(of.dependent_member_id == tables.member.c.id, of.ended_at.is_(None))
    return live.correlate(tables.member).label("managed")


async def member_details(
    connection: AsyncConnection, member_id: UUID, secrets: Secrets
) -> MemberDetails:
    """The member with contact data in the clear; NotFound when it is not visible.

    The id of one who was merged leads to the survivor.
    """
    asked = (
        select(
            *CARD,
            tables.member.c.tags,
            tables.member.c.external_ref,
            tables.member.c.registered_at,
            managed(),
            (tables.member.c.version + tables.person.c.version).label("version"),
            *_SEALED,
        )
        .join_from(tables.member, tables.person)
        .where(tables.member.c.id == member_id)
    )
    row = (await connection.execute(asked)).mappings().one_or_none()
    if row is None:
        survivor_id = await survivor_of(connection, member_id)
        if survivor_id is None:
            raise NotFound("There is no member with this id.")
        return await member_details(connection, survivor_id, secrets)
    bought = await connection.execute(
        select(tables.membership.c.id)
        .where(tables.membership.c.member_id == member_id)
        .order_by(tables.membership.c.id.desc())
    )
    key = tables.person_key.c
    keys = await connection.execute(
        select(key["class"], key.wrapped).where(key.person_id == row["person_id"])
    )
    known = dict(row)
    sealed = SealedContact(
        **{each.name: known.pop(each.name) for each in _SEALED},
        keys={each[0]: each[1] for each in keys},
    )
    return MemberDetails(
        **known | {"tags": tuple(known["tags"])},
        contact=ContactSeal(secrets).open(row["person_id"], sealed),
        memberships=tuple(bought.scalars()),
    )


async def member_ref(connection: AsyncConnection, member_id: UUID) -> MemberRef | None:
    """Which person the member is, or the survivor of one who was merged."""
    member = tables.member.c
    row = (
        await connection.execute(
            select(member.id, member.person_id, member.organisation_id).where(
                member.id == member_id
            )
        )
    ).one_or_none()
    if row is None:
        survivor_id = await survivor_of(connection, member_id)
        return None if survivor_id is None else await member_ref(connection, survivor_id)
    return MemberRef(
        member_id=row.id,
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        hosts=await _hosts(connection, member_id),
        guardians=await _guardians(connection, member_id),
    )


async def _hosts(connection: AsyncConnection, member_id: UUID) -> tuple[UUID, ...]:
    """Who holds a guest pass for the member that is not used yet."""
    of, host = guest_pass.c, tables.membership.c
    rows = await connection.execute(
        select(host.person_id)
        .join(guest_pass, of.membership_id == host.id)
        .where(of.member_id == member_id, of.used_at.is_(None), of.withdrawn_at.is_(None))
        .distinct()
    )
    return tuple(rows.scalars())


async def _guardians(connection: AsyncConnection, member_id: UUID) -> tuple[UUID, ...]:
    of = people_tables.guardianship.c
    rows = await connection.execute(
        select(of.guardian_person_id).where(
            of.dependent_member_id == member_id, of.ended_at.is_(None)
        )
    )
    return tuple(rows.scalars())


async def survivor_of(connection: AsyncConnection, member_id: UUID) -> UUID | None:
    """Into whom the member was merged; None when it was not."""
    merged = people_tables.merged_member.c
    found: UUID | None = await connection.scalar(
        select(merged.into_member_id).where(merged.id == member_id)
    )
    return found


async def person_names(
    connection: AsyncConnection, person_ids: Sequence[UUID]
) -> tuple[PersonName, ...]:
    """The names of these people."""
    person = tables.person.c
    rows = await connection.execute(
        select(person.id, person.first_name, person.last_name).where(person.id.in_(person_ids))
    )
    return tuple(
        PersonName(person_id=row.id, first_name=row.first_name, last_name=row.last_name)
        for row in rows
    )
