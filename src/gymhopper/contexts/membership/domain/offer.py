"""What kind of thing a plan sells: a rolling contract, a term, credits, or a pass."""

from datetime import date
from itertools import count
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.errors import UnfitOffer
from gymhopper.contexts.membership.domain.guests import Guests
from gymhopper.contracts.membership.api import PlanKind
from gymhopper.kernel.term import Term

A_DAY = Term("day", 1)

# Periods and terms are counted from the same day, so that any day tells how many there are; a
# month of 31 days cuts nothing short.
_ANY_DAY = date(2024, 1, 1)


class Trial(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`days` local days before the first charge; then the plan is charged for, or it ends."""

    days: int
    then: Literal["charge", "end"] = "charge"


class Intro(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Two guards, each for itself: only for people who were never members here; once a person."""

    new_here: bool = True
    once_per_person: bool = True


class Pack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Credits. They last for one term of the plan, counted from `expires_from`.

    `visits` tells whether a credit opens doors, `class_types` which classes it pays for (None:
    all). `overshoot` is what becomes of a visit for which no credit was left, as when two places
    that had not heard of each other let the person in.
    """

    units: int
    expires_from: Literal["purchase", "first_use", "never"] = "purchase"
    visits: bool = True
    class_types: tuple[UUID, ...] | None = None
    overshoot: Literal["forgive", "charge", "next_lot"] = "forgive"


class Offer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The kind of a plan, and what only that kind has. It stays as it was sold.

    `guests` are those that its members may bring; a `transferable` one may go over to somebody
    else. How long a `fixed_term` binds, and what follows,
    is in its conditions. `tax_code` names the seller's rate of tax.
    """

    kind: PlanKind = "recurring"
    trial: Trial | None = None
    intro: Intro | None = None
    pack: Pack | None = None
    tax_code: str = "standard"
    guests: Guests | None = None
    transferable: bool = False

    @property
    def trial_days(self) -> int:
        """How many days come before the first charge."""
        return 0 if self.trial is None else self.trial.days

    def charged_periods(self, period: Term, conditions: Conditions) -> int | None:
        """After how many paid periods it is over; None when it goes on until somebody ends it."""
        if self.trial is not None and self.trial.then == "end":
            return 0
        if self.kind not in ("recurring", "fixed_term"):
            return 1
        ends = conditions.expires_on(_ANY_DAY)
        if ends is None:
            return None
        return next(n for n in count(1) if period.boundary(_ANY_DAY, n) >= ends)

    def check(self, period: Term, conditions: Conditions) -> None:
        """Raise UnfitOffer when the parts do not make an offer of this kind."""
        term = conditions.initial_term
        if self.kind == "fixed_term" and term is None:
            raise UnfitOffer("A fixed term is in the conditions.", field="initial_term")
        if term is not None and self.kind not in ("recurring", "fixed_term"):
            raise UnfitOffer("Only what is charged again binds for a term.", field="initial_term")
        if (self.pack is not None) != (self.kind == "pack"):
            raise UnfitOffer("A pack, and only that, has credits.", field="pack")
        if self.kind in ("day_pass", "guest_pass") and period != A_DAY:
            raise UnfitOffer("A pass is for one day.", field="interval")
        if self.transferable and self.kind in ("day_pass", "guest_pass"):
            raise UnfitOffer("A pass is for one person.", field="transferable")
        if self.trial is not None and self.kind not in ("recurring", "fixed_term"):
            raise UnfitOffer("Only what is charged again can be tried first.", field="trial")


RECURRING = Offer()
