"""The tenant, and the sellers inside it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from gymhopper.contexts.venues.domain.currency import check_currency
from gymhopper.contexts.venues.domain.geography import check_country, check_zone

OrganisationKind = Literal["brand", "operator"]
"""A brand runs locations; an operator runs a network of brands, and may run locations too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address inside the country that goes with it."""

    line1: str
    line2: str | None = None
    postal_code: str | None = None
    city: str
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxId:
    """A number by which a tax office knows the seller; `kind` as in `eu_vat` or `us_ein`."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEntityChange:
    """What shall be different about a legal entity; the rest stays."""

    name: str | UnsetType = UNSET
    address: Address | UnsetType | None = UNSET
    tax_ids: tuple[TaxId, ...] | UnsetType = UNSET


@dataclass(eq=False, kw_only=True)
class Organisation:
    """A tenant. `external_ref` is its id in the system that it was imported from."""

    id: UUID
    kind: OrganisationKind
    name: str
    external_ref: str | None
    created_at: datetime
    version: int = 0


@dataclass(eq=False, kw_only=True)
class LegalEntity:
    """Seller and data controller: sells in its currency, keeps its books in its zone."""

    id: UUID
    organisation_id: UUID
    name: str
    address: Address | None
    tax_ids: tuple[TaxId, ...]
    country: str
    currency: str
    zone: str
    external_ref: str | None
    created_at: datetime
    version: int = 0

    def __post_init__(self) -> None:
        check_country(self.country)
        check_currency(self.currency)
        check_zone(self.zone)

    def change(self, change: LegalEntityChange) -> None:
        """Take the change over. Country, currency and zone stay: books were kept in them."""
        for name in LegalEntityChange.__dataclass_fields__:
            value: Any = getattr(change, name)
            if value is not UNSET and value != getattr(self, name):
                setattr(self, name, value)
