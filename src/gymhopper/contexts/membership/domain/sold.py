"""The terms of a membership as they were sold, and the calendar that they come to."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.domain.offer import RECURRING, Offer
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.contracts.membership.discount import Discount
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Interval, Term


@dataclass(eq=False, kw_only=True)
class Sold:
    """Who bought what of whom, copied from the plan and its price: they may change, this does not.

    The joining fee is in minor units of the price's currency; the discount comes off both, and ends
    with a change of plan. After a change of plan, periods may
    be counted from `cycle_from` and terms from `terms_from`; the contract binds until `bound_until`
    at least, because the plan before did.
    """

    id: UUID
    organisation_id: UUID
    member_id: UUID
    person_id: UUID
    plan_id: UUID
    legal_entity_id: UUID
    plan_name: str
    coverage: Coverage
    interval: Interval
    interval_count: int
    zone: str
    entry_grace_days: int
    freeze_rules: FreezeRules
    price_id: UUID
    price: Money
    starts_on: date
    purchased_at: datetime
    conditions: Conditions = field(default_factory=Conditions)
    offer: Offer = RECURRING
    joining_fee_amount: int | None = None
    discount: Discount | None = None
    tax_included: bool = True
    cycle_from: date | None = None
    terms_from: date | None = None
    bound_until: date | None = None

    @property
    def term(self) -> Term:
        """How long a period is."""
        return Term(self.interval, self.interval_count)

    @property
    def joining_fee(self) -> Money | None:
        """What is paid once beside the first period."""
        fee = self.joining_fee_amount
        return None if fee is None else Money(fee, self.price.currency)

    @property
    def first_charged_day(self) -> date:
        """The day from which periods are counted: the first one, or the first after a trial."""
        return self.cycle_from or self.after_trial

    @property
    def trial_until(self) -> datetime | None:
        """Where the trial ends; None when there is none."""
        if self.offer.trial is None:
            return None
        return start_of_day(self.after_trial, self.zone)

    @property
    def after_trial(self) -> date:
        """The first day that is charged where it is sold: the first one of all without a trial."""
        return self.starts_on + timedelta(days=self.offer.trial_days)

    @property
    def charged_periods(self) -> int | None:
        """After how many paid periods it is over; None when it goes on until somebody ends it."""
        return self.offer.charged_periods(self.term, self.conditions)

    @property
    def pass_ends(self) -> datetime | None:
        """Where a pass or a mere trial is over, as its calendar says."""
        if self.offer.kind in ("day_pass", "guest_pass"):
            return start_of_day(self.term.boundary(self.starts_on, 1), self.zone)
        ends = self.offer.trial is not None and self.offer.trial.then == "end"
        return self.trial_until if ends else None
