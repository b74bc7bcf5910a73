"""A seller, and the terms that it sells on."""

from datetime import date
from uuid import UUID

from gymhopper.contexts.billing.domain.seller import Seller
from gymhopper.contexts.billing.domain.tax import TaxRate
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

MONTHLY = Terms(
    legal_entity_id=UUID(int=1),
    plan_id=UUID(int=2),
    plan_name="Basic",
    kind="recurring",
    price=Money(2990, "EUR"),
    interval="month",
    count=1,
    starts_on=date(2026, 3, 1),
    zone="Europe/Vienna",
)


def seller(organisation: UUID) -> Seller:
    """The legal entity that sells on these terms."""
    return Seller(
        id=MONTHLY.legal_entity_id,
        organisation_id=organisation,
        version=1,
        name="Studio Wien GmbH",
        country="AT",
        currency="EUR",
        zone=MONTHLY.zone,
    )


def taxed_at(organisation: UUID, percent: str) -> TaxRate:
    """The seller's standard rate."""
    return TaxRate(
        id=new_id(),
        organisation_id=organisation,
        legal_entity_id=MONTHLY.legal_entity_id,
        code="standard",
        category="S",
        percent=percent,
        exemption=None,
        valid_from=date(2020, 1, 1),
    )
