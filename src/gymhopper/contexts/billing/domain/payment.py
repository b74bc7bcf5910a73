"""Money that came in for a claim, by whichever way, and money that was taken back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from gymhopper.contracts.billing.events import PaymentTakenBack
from gymhopper.kernel.money import Money

Method = Literal["card", "cash", "transfer", "credit"]

AT_THE_DESK = "manual"
"""The provider of money that no payment provider collected: staff say that it came."""

CREDIT: Method = "credit"
"""No money came: the payer used up what was granted before. The provider is who asked for it."""


@dataclass(eq=False, kw_only=True)
class Payment:
    """Money that moved to us for a claim.

    `taken_back` of it went again against our will or by a mistake put right: a dispute, a returned
    transfer, a wrong entry. What we give back ourselves is a refund. `reference` is what stands on
    the transfer or the receipt, `actor` who recorded it at the desk. `fence` is that of the last
    look at it, where it came in by a page of its own and not by the claim's invoice.
    """

    id: UUID
    claim_id: UUID
    organisation_id: UUID
    person_id: UUID
    provider: str
    provider_payment_id: str
    method: Method = "card"
    amount: int
    currency: str
    paid_at: datetime
    reference: str | None = None
    actor: str | None = None
    taken_back: int = 0
    taken_back_at: datetime | None = None
    taken_back_because: str | None = None
    fence: int | None = None

    @property
    def beside(self) -> bool:
        """Whether a provider's invoice for the claim knows nothing of it."""
        return self.provider == AT_THE_DESK or self.fence is not None

    @property
    def kept(self) -> int:
        """What of it is here, refunds apart."""
        return self.amount - self.taken_back

    def take_back(
        self, amount: int, because: str | None, *, membership_id: UUID, now: datetime
    ) -> PaymentTakenBack | None:
        """So much of it is gone in all; zero: all of it is here again. None when that is known."""
        if amount == self.taken_back:
            return None
        self.taken_back = amount
        self.taken_back_at = now if amount else None
        self.taken_back_because = because if amount else None
        return PaymentTakenBack(
            membership_id=membership_id,
            claim_id=self.claim_id,
            payment_id=self.id,
            taken_back=Money(amount, self.currency),
            because=self.taken_back_because,
        )
