"""Memberships without a database, for the tests of the rules."""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.overlay import Overlay, OverlayKind
from gymhopper.contexts.membership.storage.mapping import map_all
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

# As in a running process, where the classes are mapped before the first of them is made.
map_all()

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def membership(**changes: Any) -> Membership:
    """A pending monthly membership of a Viennese gym."""
    same = UUID(int=1)
    known: dict[str, Any] = {
        "id": same,
        "organisation_id": same,
        "member_id": same,
        "person_id": same,
        "plan_id": same,
        "legal_entity_id": same,
        "plan_name": "Everywhere",
        "coverage": Coverage(include=(Clause(),)),
        "interval": "month",
        "interval_count": 1,
        "zone": "Europe/Vienna",
        "entry_grace_days": 7,
        "freeze_rules": FreezeRules(),
        "price_id": same,
        "price": Money(4900, "EUR"),
        "starts_on": date(2026, 3, 2),
        "purchased_at": NOW,
    }
    return Membership(**known | changes)


def overlay(kind: OverlayKind, start: datetime, until: datetime | None) -> Overlay:
    """A freeze or block of the membership above."""
    return Overlay(
        id=new_id(),
        membership_id=UUID(int=1),
        organisation_id=UUID(int=1),
        person_id=UUID(int=1),
        kind=kind,
        start=start,
        until=until,
        stops_billing=kind == "freeze",
        reason="",
        created_by="staff",
        created_at=NOW,
    )


def facts(membership: Membership) -> dict[str, Any]:
    """Everything that the aggregate remembers."""
    return {each.name: getattr(membership, each.name) for each in fields(membership)} | {
        "overlays": [(each.id, each.start, each.until) for each in membership.overlays]
    }
