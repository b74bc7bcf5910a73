"""What others learn of a legal entity: all that stands on what it sells."""

from typing import Any

from gymhopper.contexts.venues.domain.organisation import LegalEntity
from gymhopper.contracts.venues.events import PostalAddress, TaxNumber


def told_of(entity: LegalEntity) -> dict[str, Any]:
    """The fields of its events."""
    at = entity.address
    return {
        "legal_entity_id": entity.id,
        "organisation_id": entity.organisation_id,
        "country": entity.country,
        "currency": entity.currency,
        "zone": entity.zone,
        "name": entity.name,
        "address": None
        if at is None
        else PostalAddress(
            line1=at.line1,
            line2=at.line2,
            postal_code=at.postal_code,
            city=at.city,
            region=at.region,
        ),
        "tax_ids": tuple(TaxNumber(kind=each.kind, value=each.value) for each in entity.tax_ids),
    }
