"""The coverage rule as requests and answers hold it."""

from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from gymhopper.contexts.membership.http.fields import Line, Request
from gymhopper.contracts.membership.coverage import Clause, Coverage, SpanQuota, VisitQuota
from gymhopper.kernel.calendar import DAY_MINUTES, Hours

MOST = 1000
"""Ids in one list; a rule that names more is better said by organisation, city or tier."""


class ClauseField(Request):
    """Predicates that must all hold; one without any covers everything."""

    locations: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST)
    organisations: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST)
    cities: list[Line] | None = Field(default=None, min_length=1, max_length=MOST)
    tier_up_to: int | None = Field(default=None, ge=1, le=100)
    areas: list[UUID] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST,
        description="Parts of locations. Doors that lead to no area in particular are covered, too;"
        " in `exclude` they are not concerned.",
    )
    home: bool = Field(default=False, description="The location that the member chose as home.")

    def value(self) -> Clause:
        """As the domain has it."""
        return Clause(
            locations=None if self.locations is None else tuple(self.locations),
            organisations=None if self.organisations is None else tuple(self.organisations),
            cities=None if self.cities is None else tuple(self.cities),
            tier_up_to=self.tier_up_to,
            areas=None if self.areas is None else tuple(self.areas),
            home=self.home,
        )

    @classmethod
    def of(cls, clause: Clause) -> "ClauseField":
        """As an answer has it."""
        return cls(
            locations=None if clause.locations is None else list(clause.locations),
            organisations=None if clause.organisations is None else list(clause.organisations),
            cities=None if clause.cities is None else list(clause.cities),
            tier_up_to=clause.tier_up_to,
            areas=None if clause.areas is None else list(clause.areas),
            home=clause.home,
        )


class HoursField(Request):
    """Weekly hours: ISO weekday, half-open minutes after local midnight, into the next day too."""

    weekday: int = Field(ge=1, le=7)
    start: int = Field(ge=0, lt=DAY_MINUTES)
    until: int = Field(gt=0, le=2 * DAY_MINUTES)

    @model_validator(mode="after")
    def _runs_forward(self) -> "HoursField":
        if self.until <= self.start:
            raise ValueError("hours end after they start")
        return self


class QuotaField(Request):
    """At most so many visits in each period, counted apart for each place of the scope.

    A `day` is the visited location's. A `week` begins on Monday, and is in the contract's zone, as
    the calendar's `month` and the `period` that the contract is charged for.
    """

    visits: int = Field(ge=1, le=10_000)
    per: Literal["day", "week", "month", "period"]
    scope: Literal["network", "organisation", "location"] = "network"


class CoverageField(Request):
    """Covered is what matches any `include` clause and no `exclude` clause.

    Lists of ids stay live: an id that does not exist yet covers nothing until it does.
    """

    include: list[ClauseField] = Field(min_length=1, max_length=50)
    exclude: list[ClauseField] = Field(default_factory=list, max_length=50)
    hours: list[HoursField] | None = Field(default=None, min_length=1, max_length=100)
    quotas: list[QuotaField] = Field(default_factory=list, max_length=10)
    class_types: list[UUID] | None = Field(
        default=None, max_length=MOST, description="Classes that may be booked; all when left out."
    )

    def value(self) -> Coverage:
        """As the domain has it."""
        return Coverage(
            include=tuple(each.value() for each in self.include),
            exclude=tuple(each.value() for each in self.exclude),
            hours=None
            if self.hours is None
            else tuple(Hours(each.weekday, each.start, each.until) for each in self.hours),
            quotas=tuple(
                VisitQuota(visits=each.visits, per=each.per, scope=each.scope)
                for each in self.quotas
                if each.per in {"day", "month"}
            ),
            spans=tuple(
                SpanQuota(visits=each.visits, per=each.per, scope=each.scope)
                for each in self.quotas
                if each.per in {"week", "period"}
            ),
            class_types=None if self.class_types is None else tuple(self.class_types),
        )

    @classmethod
    def of(cls, coverage: Coverage) -> "CoverageField":
        """As an answer has it."""
        return cls(
            include=[ClauseField.of(each) for each in coverage.include],
            exclude=[ClauseField.of(each) for each in coverage.exclude],
            hours=None
            if coverage.hours is None
            else [
                HoursField(weekday=each.weekday, start=each.start, until=each.until)
                for each in coverage.hours
            ],
            quotas=[
                QuotaField(visits=each.visits, per=each.per, scope=each.scope)
                for each in coverage.limits
            ],
            class_types=None if coverage.class_types is None else list(coverage.class_types),
        )
