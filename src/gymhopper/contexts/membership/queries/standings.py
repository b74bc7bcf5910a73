"""What a class may require of people: that they have signed, and how old they are."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, bindparam, exists, func, or_, select

from gymhopper.chassis.database import Asks
from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.guardianship import age_on
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.contexts.membership.storage.tables import member, person, person_key
from gymhopper.contexts.membership.storage.waiver_tables import (
    waiver,
    waiver_signature,
    waiver_version,
)
from gymhopper.contracts.membership.people.api import Standing


def _unsigned() -> ColumnElement[bool]:
    of, known, given = waiver_version.c, waiver.c, waiver_signature.c
    at: ColumnElement[datetime] = bindparam("at")
    required = (
        select(of.waiver_id, known.organisation_id, func.max(of.number).label("number"))
        .join_from(waiver_version, waiver)
        .where(known.retired_at.is_(None), of.enforced_at <= at)
        .group_by(of.waiver_id, known.organisation_id)
        .subquery()
    )
    signed = (
        exists()
        .where(
            given.member_id == member.c.id,
            given.waiver_id == required.c.waiver_id,
            given.number >= required.c.number,
            given.signed_at <= at,
            or_(given.until.is_(None), given.until > at),
        )
        .correlate(member, required)
    )
    missing = required.c.organisation_id == member.c.organisation_id, ~signed
    return exists().where(*missing).correlate(member)


# Made once: to put one together takes longer than to answer it.
_ASKED_FOR = and_(
    member.c.organisation_id == bindparam("organisation_id"),
    member.c.person_id == any_(bindparam("person_ids", type_=ARRAY(Uuid))),
)
_STANDINGS = select(member.c.person_id, _unsigned().label("unsigned")).where(_ASKED_FOR)
_WITH_AGES = (
    _STANDINGS.add_columns(person.c.identity, person_key.c.wrapped)
    .join_from(member, person)
    .outerjoin(
        person_key,
        and_(person_key.c.person_id == member.c.person_id, person_key.c["class"] == "identity"),
    )
)


async def standings(
    connection: Asks, organisation_id: UUID, person_ids: Sequence[UUID], at: datetime
) -> tuple[Standing, ...]:
    """Whether these members of the organisation have signed what must be signed at that instant.

    The same rule as `domain.waiver.standing`, for all of them in one statement: a class has many.
    """
    asked = {"organisation_id": organisation_id, "person_ids": list(person_ids), "at": at}
    rows = await connection.execute(_STANDINGS, asked)
    return tuple(Standing(person_id=row.person_id, unsigned=row.unsigned) for row in rows)


async def standings_with_ages(
    connection: Asks,
    organisation_id: UUID,
    person_ids: Sequence[UUID],
    at: datetime,
    *,
    day: date,
    secrets: Secrets,
) -> tuple[Standing, ...]:
    """The same with their ages on the local day, for which birth dates are unsealed."""
    asked = {"organisation_id": organisation_id, "person_ids": list(person_ids), "at": at}
    seal = ContactSeal(secrets)
    found = []
    for row in await connection.execute(_WITH_AGES, asked):
        born = seal.born(row.person_id, row.identity, row.wrapped)
        age = None if born is None else age_on(born, day)
        found.append(Standing(person_id=row.person_id, unsigned=row.unsigned, age=age))
    return tuple(found)
