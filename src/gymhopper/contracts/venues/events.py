"""Facts about organisations and the places that people enter."""

from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from gymhopper.contracts.event import Event
from gymhopper.kernel.calendar import Hours


class DayHours(msgspec.Struct, frozen=True, kw_only=True):
    """One dated exception of a calendar: open minutes of that local date; none means closed."""

    date: str
    open: tuple[tuple[int, int], ...] = ()


class LocationState(msgspec.Struct, frozen=True, kw_only=True):
    """A location as it is now.

    `tier` counts up from 1; `zone` is an IANA name; `hours` None means open around the clock;
    `rollover_hour` is the local hour at which a visit counts for the next day; `status` closed is
    for good. Staff are there in `staffed_hours`, and on the dates of `staffed_exceptions` as they
    say; None: whenever it is open.
    """

    location_id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    name: str
    zone: str
    country: str
    city: str
    tier: int
    latitude: float
    longitude: float
    hours: tuple[Hours, ...] | None = None
    exceptions: tuple[DayHours, ...] = ()
    rollover_hour: int = 0
    status: Literal["open", "closed"] = "open"
    staffed_hours: tuple[Hours, ...] | None = None
    staffed_exceptions: tuple[DayHours, ...] = ()


class OrganisationCreated(Event, frozen=True, kw_only=True):
    """A brand or a network operator became a tenant."""

    type: ClassVar[str] = "venues.organisation.created.v1"
    organisation_id: UUID
    name: str
    kind: str


class PostalAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A postal address inside the country that goes with it."""

    line1: str
    line2: str | None = None
    postal_code: str | None = None
    city: str
    region: str | None = None


class TaxNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number by which a tax office knows the seller; `kind` as in `eu_vat` or `us_ein`."""

    kind: str
    value: str


class LegalEntityCreated(Event, frozen=True, kw_only=True):
    """An organisation has a seller and data controller. `name` is empty in events of old."""

    type: ClassVar[str] = "venues.legal_entity.created.v1"
    legal_entity_id: UUID
    organisation_id: UUID
    country: str
    currency: str
    zone: str
    name: str = ""
    address: PostalAddress | None = None
    tax_ids: tuple[TaxNumber, ...] = ()


class LegalEntityChanged(Event, frozen=True, kw_only=True):
    """A seller's name, address or tax numbers are different; this is all of it."""

    type: ClassVar[str] = "venues.legal_entity.changed.v1"
    legal_entity_id: UUID
    organisation_id: UUID
    country: str
    currency: str
    zone: str
    name: str
    address: PostalAddress | None = None
    tax_ids: tuple[TaxNumber, ...] = ()


class LocationOpened(Event, frozen=True, kw_only=True):
    """A location joined its organisation."""

    type: ClassVar[str] = "venues.location.opened.v1"
    location: LocationState


class LocationChanged(Event, frozen=True, kw_only=True):
    """Something about a location is different; `location` is all of it."""

    type: ClassVar[str] = "venues.location.changed.v1"
    location: LocationState
