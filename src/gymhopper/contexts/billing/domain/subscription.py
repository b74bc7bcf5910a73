"""Our record of a provider's subscription: a mirror, never a truth of its own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gymhopper.contexts.billing.domain.errors import TwoSubscriptions
from gymhopper.contexts.billing.domain.provider import ProviderSubscription
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

PENDING = "pending"
"""The status before the provider has an object."""


@dataclass(eq=False, kw_only=True)
class Subscription:
    """`provider_id` and all below it are the provider's words. `fence` is that of the last
    snapshot taken over; a snapshot whose fence is lower was fetched earlier and is passed over."""

    id: UUID
    dues_id: UUID
    organisation_id: UUID
    person_id: UUID
    provider: str
    provider_id: str | None = None
    fence: int = 0
    status: str = PENDING
    customer_id: str | None = None
    price_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    period_start: datetime | None = None
    period_until: datetime | None = None
    cancel_at: datetime | None = None
    cancel_at_period_end: bool = False
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    collection_paused: bool = False
    anchor: datetime | None = None

    def mirror(self, found: ProviderSubscription, fence: int) -> bool:
        """Take over a snapshot; False when a later one was taken over before.

        Raises TwoSubscriptions when the provider holds a second object for this record.
        """
        if self.provider_id not in {None, found.id}:
            raise TwoSubscriptions(f"{self.provider_id} and {found.id} are for the same dues.")
        if fence <= self.fence:
            return False
        self.fence = fence
        self.provider_id = found.id
        self.status = found.status
        self.customer_id = found.customer_id
        self.price_id = found.price_id
        self.amount, self.currency = found.price.amount, found.price.currency
        self.period_start = found.current_period.start
        self.period_until = found.current_period.until
        self.cancel_at = found.cancel_at
        self.cancel_at_period_end = found.cancel_at_period_end
        self.canceled_at = found.canceled_at
        self.ended_at = found.ended_at
        self.collection_paused = found.collection_paused
        self.anchor = found.anchor
        return True

    def paid_once(self, amount: Money, period: Period) -> None:
        """It was all paid on a page: the provider has nothing to collect again."""
        self.status = "active"
        self.amount, self.currency = amount.amount, amount.currency
        self.period_start, self.period_until = period.start, period.until

    def close(self, now: datetime) -> None:
        """Nothing is to be paid any more for what was paid once."""
        self.status = "canceled"
        self.canceled_at = self.ended_at = now

    @property
    def reflection(self) -> ProviderSubscription | None:
        """The mirrored object; None before there is one."""
        if (
            self.provider_id is None
            or self.customer_id is None
            or self.price_id is None
            or self.amount is None
            or self.currency is None
            or self.period_start is None
        ):
            return None
        return ProviderSubscription(
            id=self.provider_id,
            reference=self.id,
            customer_id=self.customer_id,
            status=self.status,
            price_id=self.price_id,
            price=Money(self.amount, self.currency),
            current_period=Period(self.period_start, self.period_until),
            cancel_at=self.cancel_at,
            cancel_at_period_end=self.cancel_at_period_end,
            canceled_at=self.canceled_at,
            ended_at=self.ended_at,
            collection_paused=self.collection_paused,
            anchor=self.anchor,
        )

    @property
    def ended(self) -> bool:
        """Whether the provider has stopped for good."""
        return (found := self.reflection) is not None and found.ended
