"""Credit: what somebody may use up with a seller without paying, and how it came and went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from gymhopper.kernel.ids import new_id

MovementKind = Literal["granted", "used", "returned", "withdrawn", "overpaid", "reclaimed"]

SIGN: dict[MovementKind, int] = {
    "granted": 1,
    "used": -1,
    "returned": 1,
    "withdrawn": -1,
    "overpaid": 1,
    "reclaimed": -1,
}
"""Which way each kind moves a balance."""


@dataclass(eq=False, kw_only=True)
class Movement:
    """Credit came or went: `amount` is positive where there is more of it afterwards.

    `cause` is what it happened for, once for each kind: the payment that used it, the refund that
    returned it, or what it was granted for. `overpaid` is what came in beyond a claim, `reclaimed`
    of that what was taken back later.
    """

    id: UUID
    credit_id: UUID
    organisation_id: UUID
    kind: MovementKind
    cause: UUID
    amount: int
    claim_id: UUID | None = None
    membership_id: UUID | None = None
    reason: str | None = None
    actor: str
    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Why credit moves, when, and by whom."""

    cause: UUID
    at: datetime
    actor: str
    claim_id: UUID | None = None
    membership_id: UUID | None = None
    reason: str | None = None


@dataclass(eq=False, kw_only=True)
class Credit:
    """What a billing account has to use up with one seller, in one currency.

    `placed` of the balance lies with a payment provider, where its invoices use it; the rest is
    used by what we ask for ourselves. Every change locks the row.
    """

    id: UUID
    organisation_id: UUID
    billing_account_id: UUID
    legal_entity_id: UUID
    currency: str
    balance: int = 0
    placed: int = 0

    @property
    def free(self) -> int:
        """What no provider holds."""
        return self.balance - self.placed

    def move(self, kind: MovementKind, amount: int, about: About) -> Movement:
        """So much more, or less, of it; `amount` is above zero. The balance never goes below."""
        if amount <= 0:
            raise ValueError(f"not an amount that moves: {amount}")
        signed = SIGN[kind] * amount
        if self.balance + signed < 0:
            raise ValueError(f"only {self.balance} of credit is left, not {amount}")
        self.balance += signed
        return Movement(
            id=new_id(),
            credit_id=self.id,
            organisation_id=self.organisation_id,
            kind=kind,
            cause=about.cause,
            amount=signed,
            claim_id=about.claim_id,
            membership_id=about.membership_id,
            reason=about.reason,
            actor=about.actor,
            happened_at=about.at,
        )


@dataclass(eq=False, kw_only=True)
class Placement:
    """Credit on its way to the provider (`amount` above zero) or back from there.

    While it is `asked` the provider may have done it or not; asking again does it once.
    """

    id: UUID
    credit_id: UUID
    organisation_id: UUID
    amount: int
    state: Literal["asked", "done", "refused"] = "asked"
    asked_at: datetime


def placement(credit: Credit, *, collects: bool, now: datetime) -> Placement | None:
    """What has to be moved so that credit lies where it can be used: with the provider while that
    collects, here when it does so no more. What goes there is counted there from now on."""
    amount = credit.free if collects else -credit.placed
    if amount == 0:
        return None
    if amount > 0:
        credit.placed += amount
    return Placement(
        id=new_id(),
        credit_id=credit.id,
        organisation_id=credit.organisation_id,
        amount=amount,
        asked_at=now,
    )
