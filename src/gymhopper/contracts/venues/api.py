"""What others may ask venues."""

from typing import Protocol
from uuid import UUID

import msgspec


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant: a `brand` that runs locations, or the network's `operator`."""

    organisation_id: UUID
    name: str
    kind: str


class LegalEntity(msgspec.Struct, frozen=True, kw_only=True):
    """The seller: its organisation, ISO 4217 currency, ISO 3166 country and IANA zone."""

    legal_entity_id: UUID
    organisation_id: UUID
    country: str
    currency: str
    zone: str


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a place is: the organisation that runs it, the legal entity that sells there.

    And where it is: its ISO 3166 country and its city.
    """

    location_id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    country: str
    city: str


class VenuesApi(Protocol):
    """Names and facts for ids."""

    async def organisation(self, *, organisation_id: UUID) -> Organisation | None:
        """The organisation, or None when there is none of that id."""
        ...

    async def legal_entity(self, *, legal_entity_id: UUID) -> LegalEntity | None:
        """The legal entity, or None when there is none of that id."""
        ...

    async def location(self, *, location_id: UUID) -> Location | None:
        """The location, or None when there is none of that id."""
        ...

    async def location_ids(self, *, organisation_id: UUID) -> tuple[UUID, ...]:
        """All locations of the organisation."""
        ...
