"""What binds a plan's contracts, as requests and answers have it."""

from typing import Self

from pydantic import Field, model_validator

from gymhopper.contexts.membership.domain.conditions import AfterInitialTerm, Conditions
from gymhopper.contexts.membership.domain.debt import DebtRules, StageRule
from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.http.fields import LARGEST_AMOUNT, MoneyField, Request
from gymhopper.kernel.term import Interval, Term


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


class FreezeRulesField(Request):
    """What the plan allows of freezes. Years are calendar years in the contract's zone."""

    minimum_days: int = Field(default=0, ge=0, le=366)
    days_a_year: int | None = Field(default=None, ge=1, le=366)
    freezes_a_year: int | None = Field(default=None, ge=0, le=366)
    fee: MoneyField | None = None
    fee_every: TermField | None = Field(
        default=None, description="The fee is due again with every such length; once when left out."
    )
    free_days: int = Field(default=0, ge=0, le=366, description="Days a year without a fee.")
    extends_term: bool = Field(
        default=False, description="The contract's term ends later by the days of its freezes."
    )
    by_member: bool = Field(default=False, description="Members may freeze by themselves.")
    notice_days: int = Field(
        default=0, ge=0, le=366, description="How many days beforehand members have to say so."
    )

    def value(self) -> FreezeRules:
        """As the domain has it."""
        return FreezeRules(
            minimum_days=self.minimum_days,
            days_a_year=self.days_a_year,
            freezes_a_year=self.freezes_a_year,
            fee=None if self.fee is None else self.fee.value(),
            fee_every=_value(self.fee_every),
            free_days=self.free_days,
            extends_term=self.extends_term,
            by_member=self.by_member,
            notice_days=self.notice_days,
        )

    @classmethod
    def of(cls, rules: FreezeRules) -> "FreezeRulesField":
        """As an answer has it."""
        return cls(
            minimum_days=rules.minimum_days,
            days_a_year=rules.days_a_year,
            freezes_a_year=rules.freezes_a_year,
            fee=None if rules.fee is None else MoneyField.of(rules.fee),
            fee_every=TermField.of(rules.fee_every),
            free_days=rules.free_days,
            extends_term=rules.extends_term,
            by_member=rules.by_member,
            notice_days=rules.notice_days,
        )


class StageField(Request):
    """A stage begins so many days of 24 hours after a debt became known, if so much is owed."""

    after_days: int = Field(ge=0, le=366)
    from_amount: int = Field(
        default=0, ge=0, le=LARGEST_AMOUNT, description="Minor units of the contract's currency."
    )

    def value(self) -> StageRule:
        """As the domain has it."""
        return StageRule(after_days=self.after_days, from_amount=self.from_amount)

    @classmethod
    def of(cls, rule: StageRule | None) -> "StageField | None":
        """As an answer has it."""
        if rule is None:
            return None
        return cls(after_days=rule.after_days, from_amount=rule.from_amount)


class DebtRulesField(Request):
    """What a debt leads to. Entry ends after the plan's `entry_grace_days`; bookings at that time
    at the latest, the contract not before it. Each takes a day at least, except for first payments.
    """

    remind: StageField | None = None
    no_booking: StageField | None = None
    no_entry_from_amount: int = Field(default=0, ge=0, le=LARGEST_AMOUNT)
    terminate: StageField | None = Field(
        default=None, description="The contract ends, the claim stays."
    )
    credits_lockout: bool = Field(
        default=False, description="Days without entry are given back when the debt is paid."
    )

    def value(self) -> DebtRules:
        """As the domain has it."""
        return DebtRules(
            remind=None if self.remind is None else self.remind.value(),
            no_booking=None if self.no_booking is None else self.no_booking.value(),
            no_entry_from_amount=self.no_entry_from_amount,
            terminate=None if self.terminate is None else self.terminate.value(),
            credits_lockout=self.credits_lockout,
        )

    @classmethod
    def of(cls, rules: DebtRules) -> "DebtRulesField":
        """As an answer has it."""
        return cls(
            remind=StageField.of(rules.remind),
            no_booking=StageField.of(rules.no_booking),
            no_entry_from_amount=rules.no_entry_from_amount,
            terminate=StageField.of(rules.terminate),
            credits_lockout=rules.credits_lockout,
        )


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
    debt: DebtRulesField = Field(default_factory=DebtRulesField)

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
            debt=self.debt.value(),
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
            debt=DebtRulesField.of(conditions.debt),
        )


def _value(field: TermField | None) -> Term | None:
    return None if field is None else field.value()
