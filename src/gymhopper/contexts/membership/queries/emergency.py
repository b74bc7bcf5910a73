"""Whom to call when something happens to a member."""

from uuid import UUID

import msgspec
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.emergency import EmergencyContact
from gymhopper.contexts.membership.storage.people_tables import emergency_contact
from gymhopper.contexts.membership.storage.sealing import EMERGENCY, EmergencySeal
from gymhopper.contexts.membership.storage.tables import person_key
from gymhopper.kernel.errors import NotFound


class KeptEmergencyContact(msgspec.Struct, frozen=True, kw_only=True):
    """An emergency contact in the clear, with whose it is."""

    contact: EmergencyContact
    person_id: UUID
    organisation_id: UUID
    version: int


async def kept_emergency_contact(
    connection: AsyncConnection, member_id: UUID, secrets: Secrets
) -> KeptEmergencyContact:
    """The member's; NotFound when nothing is kept, or what was kept is shredded."""
    kept, key = emergency_contact.c, person_key.c
    row = (
        await connection.execute(
            select(kept.person_id, kept.organisation_id, kept.version, kept.sealed, key.wrapped)
            .join_from(
                emergency_contact,
                person_key,
                and_(key.person_id == kept.person_id, key["class"] == EMERGENCY),
            )
            .where(kept.id == member_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no emergency contact of a member with this id.")
    return KeptEmergencyContact(
        contact=EmergencySeal(secrets).open(row.person_id, member_id, row.wrapped, row.sealed),
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        version=row.version,
    )
