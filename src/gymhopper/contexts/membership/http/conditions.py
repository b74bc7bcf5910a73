"""What binds a plan's contracts, as requests and answers have it."""

from typing import Self

from pydantic import Field, model_validator

from gymhopper.contexts.membership.domain.conditions import AfterInitialTerm, Conditions
from gymhopper.contexts.membership.domain.terms import Interval, Term
from gymhopper.contexts.membership.http.fields import Request


class TermField(Request):
    """A length of time: 12 months, 14 days."""

    interval: Interval = Field(examples=["month"])
    count: int = Field(ge=1, le=120, examples=[12])

    def value(self) -> Term:
        """As the domain has it."""
        return Term(self.interval, self.count)

    @classmethod
    def of(cls, term: Term | None) -> "TermField | None":
        """As an answer has it."""
        return None if term is None else cls(interval=term.interval, count=term.count)


class ConditionsField(Request):
    """Terms and notice, counted from a contract's first day in its own zone."""

    initial_term: TermField | None = Field(
        default=None, description="The minimum; without one a contract can be left at any time."
    )
    notice: TermField | None = None
    after_initial_term: AfterInitialTerm = Field(
        default="rolling", description="Rolls on, is renewed for another term, or ends."
    )
    renewal_term: TermField | None = Field(
        default=None, description="For `renew`; as long as the initial term when left out."
    )
    rolling_notice: TermField | None = Field(
        default=None, description="For `rolling`; the same as `notice` when left out."
    )
    withdrawal_days: int = Field(
        default=14, ge=14, le=366, description="For contracts that were concluded online."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        follows = self.after_initial_term
        if self.initial_term is None and (follows != "rolling" or self.rolling_notice):
            raise ValueError("what follows the initial term needs an initial term")
        if self.renewal_term is not None and follows != "renew":
            raise ValueError("a renewal term belongs to contracts that are renewed")
        if self.rolling_notice is not None and follows != "rolling":
            raise ValueError("a rolling notice belongs to contracts that roll on")
        return self

    def value(self) -> Conditions:
        """As the domain has it."""
        return Conditions(
            initial_term=_value(self.initial_term),
            notice=_value(self.notice),
            after_initial_term=self.after_initial_term,
            renewal_term=_value(self.renewal_term),
            rolling_notice=_value(self.rolling_notice),
            withdrawal_days=self.withdrawal_days,
        )

    @classmethod
    def of(cls, conditions: Conditions) -> "ConditionsField":
        """As an answer has it."""
        return cls(
            initial_term=TermField.of(conditions.initial_term),
            notice=TermField.of(conditions.notice),
            after_initial_term=conditions.after_initial_term,
            renewal_term=TermField.of(conditions.renewal_term),
            rolling_notice=TermField.of(conditions.rolling_notice),
            withdrawal_days=conditions.withdrawal_days,
        )


def _value(field: TermField | None) -> Term | None:
    return None if field is None else field.value()
