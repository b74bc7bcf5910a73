"""Terms that tests of the domain sell on."""

from datetime import date
from uuid import UUID

from gymhopper.contexts.billing.domain.terms import Terms
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
