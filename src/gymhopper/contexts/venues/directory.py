"""Answers other contexts' questions about organisations and places."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.venues import queries
from gymhopper.contexts.venues.storage import tables
from gymhopper.contracts.venues.api import LegalEntity, Location, Organisation


class Directory:
    """Keeps `VenuesApi`. It answers the platform itself; what a caller may know is the asker's."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def organisation(self, *, organisation_id: UUID) -> Organisation | None:
        """The organisation, or None when there is none of that id."""
        table = tables.organisation
        async with self._runtime.read(SERVICE) as connection:
            row = (
                await connection.execute(select(table).where(table.c.id == organisation_id))
            ).one_or_none()
        if row is None:
            return None
        return Organisation(organisation_id=row.id, name=row.name, kind=row.kind)

    async def legal_entity(self, *, legal_entity_id: UUID) -> LegalEntity | None:
        """The legal entity, or None when there is none of that id."""
        table = tables.legal_entity
        async with self._runtime.read(SERVICE) as connection:
            row = (
                await connection.execute(select(table).where(table.c.id == legal_entity_id))
            ).one_or_none()
        if row is None:
            return None
        return LegalEntity(
            legal_entity_id=row.id,
            organisation_id=row.organisation_id,
            country=row.country,
            currency=row.currency,
            zone=row.zone,
        )

    async def location(self, *, location_id: UUID) -> Location | None:
        """The location, or None when there is none of that id."""
        table = tables.location
        async with self._runtime.read(SERVICE) as connection:
            row = (
                await connection.execute(select(table).where(table.c.id == location_id))
            ).one_or_none()
        if row is None:
            return None
        return Location(
            location_id=row.id,
            organisation_id=row.organisation_id,
            legal_entity_id=row.legal_entity_id,
            country=row.country,
            city=row.city,
        )

    async def location_ids(self, *, organisation_id: UUID) -> tuple[UUID, ...]:
        """All locations of the organisation, closed ones too."""
        async with self._runtime.read(SERVICE) as connection:
            return await queries.location_ids(connection, organisation_id)
