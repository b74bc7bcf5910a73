"""The terms that a membership is changed to, copied from a plan and its price."""

from datetime import date
from fractions import Fraction
from uuid import UUID

import msgspec

from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.domain.offer import Offer
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.contracts.membership.plan_changes import PlanTerms
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Interval, Term

_DAYS = {"day": Fraction(1), "week": Fraction(7)}
_DAYS_OF_A_MONTH = Fraction(146_097, 4_800)
"""The Gregorian calendar's: it repeats after 400 years, which have so many days and months."""


class NextTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes different about a membership that is changed to another plan."""

    plan_id: UUID
    plan_name: str
    legal_entity_id: UUID
    coverage: Coverage
    interval: Interval
    interval_count: int
    entry_grace_days: int
    freeze_rules: FreezeRules
    conditions: Conditions
    offer: Offer
    price_id: UUID
    price: Money
    tax_included: bool

    @property
    def term(self) -> Term:
        """How long a period is."""
        return Term(self.interval, self.interval_count)

    def told(self) -> PlanTerms:
        """What of it concerns whoever collects."""
        return PlanTerms(
            plan_id=self.plan_id,
            plan_name=self.plan_name,
            kind=self.offer.kind,
            price=self.price,
            interval=self.interval,
            interval_count=self.interval_count,
            tax_code=self.offer.tax_code,
            tax_included=self.tax_included,
        )

    def bound_until(self, day: date) -> date | None:
        """The first day on which they do not bind any more, when they begin on `day`."""
        return self.conditions.term_end(day, day)


def next_terms(plan: Plan, price: Price) -> NextTerms:
    """The plan's terms as they are now."""
    return NextTerms(
        plan_id=plan.id,
        plan_name=plan.name,
        legal_entity_id=plan.legal_entity_id,
        coverage=plan.coverage,
        interval=plan.interval,
        interval_count=plan.interval_count,
        entry_grace_days=plan.entry_grace_days,
        freeze_rules=plan.freeze_rules,
        conditions=plan.conditions,
        offer=plan.offer,
        price_id=price.id,
        price=price.money,
        tax_included=price.tax_included,
    )


def a_day(price: Money, term: Term) -> Fraction:
    """What a day costs, in minor units, to compare prices of periods of different lengths."""
    months = term.months
    days = _DAYS_OF_A_MONTH * months if months is not None else _DAYS[term.interval] * term.count
    return Fraction(price.amount) / days
