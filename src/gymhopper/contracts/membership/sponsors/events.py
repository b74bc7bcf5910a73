"""Facts about sponsors."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from gymhopper.contracts.event import Event
from gymhopper.contracts.membership.sponsors.api import SponsorDebtStageName
from gymhopper.kernel.money import Money


class SponsorTermsSet(Event, frozen=True, kw_only=True):
    """A sponsor pays for memberships of a plan from now on, or on other terms than before.

    Each month in `zone` it is asked for the periods that began in it, from the month of
    `billed_from` on, and has `pays_within_days` for that.
    """

    type: ClassVar[str] = "membership.sponsor.terms_set.v1"
    sponsor_id: UUID
    legal_entity_id: UUID
    plan_id: UUID
    plan_name: str
    tax_code: str
    currency: str
    zone: str
    billed_from: datetime
    pays_within_days: int


class SponsorDebtStageReached(Event, frozen=True, kw_only=True):
    """A sponsor's debt, known since `since`, is so old and so large that this begins."""

    type: ClassVar[str] = "membership.sponsor.debt_stage_reached.v1"
    sponsor_id: UUID
    stage: SponsorDebtStageName
    since: datetime
    owed: Money
