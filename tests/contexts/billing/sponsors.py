"""Sponsors as membership tells of them, and whom they pay for."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from contexts.billing.samples import MONTHLY
from gymhopper.contexts.billing.domain.collective import CoveredPeriod
from gymhopper.contracts.membership.api import Payer, Purchase
from gymhopper.contracts.membership.sponsors.api import Covered, DatedPrice, Share, Sponsoring
from gymhopper.contracts.membership.sponsors.events import SponsorTermsSet
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ALL = Share(since=LONG_AGO, percent=100)


def terms_of(sponsor_id: UUID, **changes: Any) -> SponsorTermsSet:
    said: dict[str, Any] = {
        "sponsor_id": sponsor_id,
        "legal_entity_id": MONTHLY.legal_entity_id,
        "plan_id": new_id(),
        "plan_name": "Basic",
        "tax_code": "standard",
        "currency": "EUR",
        "zone": MONTHLY.zone,
        "billed_from": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "pays_within_days": 14,
    }
    return SponsorTermsSet(**said | changes)


def covered(organisation_id: UUID, sponsor_id: UUID) -> CoveredPeriod:
    return CoveredPeriod(
        id=new_id(),
        organisation_id=organisation_id,
        sponsor_id=sponsor_id,
        membership_id=new_id(),
        start=datetime(2026, 3, 1, tzinfo=UTC),
        until=datetime(2026, 4, 1, tzinfo=UTC),
        price=0,
        part=0,
        own=0,
        currency="EUR",
        claim_id=None,
    )


def somebody(starts_on: date, *, amount: int = 2990, **changes: Any) -> Covered:
    """A person on the account, from that day on."""
    bought: dict[str, Any] = {
        "membership_id": new_id(),
        "member_id": new_id(),
        "person_id": new_id(),
        "organisation_id": new_id(),
        "legal_entity_id": MONTHLY.legal_entity_id,
        "plan_id": new_id(),
        "plan_name": "Basic",
        "price_id": new_id(),
        "price": Money(amount, "EUR"),
        "interval": "month",
        "interval_count": 1,
        "contract": "active",
        "starts_on": starts_on,
        "zone": MONTHLY.zone,
        "payer": Payer(kind="sponsor", id=new_id()),
    }
    more = {each: changes.pop(each) for each in ("until", "frozen", "prices") if each in changes}
    return Covered(
        purchase=Purchase(**bought | changes),
        reference="E-1",
        **{"prices": (DatedPrice(price=Money(amount, "EUR")),), **more},
    )


@dataclass
class KnownSponsors:
    """Keeps `SponsorsApi` with whom a test put on an account."""

    shares: tuple[Share, ...] = (ALL,)
    people: list[Covered] = field(default_factory=list)

    async def sponsoring(
        self, *, sponsor_id: UUID, start: datetime, until: datetime
    ) -> Sponsoring | None:
        del start, until
        return Sponsoring(
            sponsor_id=sponsor_id,
            name="Engines Ltd",
            shares=self.shares,
            covered=tuple(self.people),
        )
