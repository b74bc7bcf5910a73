"""What a payment provider holds, in words that fit any provider.

These are snapshots: the whole of an object as it was when it was fetched, never a change to it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

_BEGUN = frozenset({"trialing", "active", "past_due", "unpaid", "paused", "canceled"})
ENDED = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSubscription:
    """A standing order to collect. `reference` is our own id, which we wrote into it.

    `status` is one of incomplete, incomplete_expired, trialing, active, past_due, unpaid, paused,
    canceled. `collection_paused` is apart from it: Stripe leaves the status `active` then. Periods
    are counted from `anchor`. `discounted`: something is taken off what it asks for; that is not
    mirrored, but set where it differs.
    """

    id: str
    reference: UUID | None
    customer_id: str
    status: str
    price_id: str
    price: Money
    current_period: Period
    cancel_at: datetime | None = None
    cancel_at_period_end: bool = False
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    collection_paused: bool = False
    anchor: datetime | None = None
    discounted: bool = field(default=False, compare=False)

    @property
    def begun(self) -> bool:
        """Whether it ever ran; one whose first payment never came did not."""
        return self.status in _BEGUN

    @property
    def ended(self) -> bool:
        """Whether it collects nothing any more, for good."""
        return self.status in ENDED

    @property
    def given_up(self) -> bool:
        """Whether it goes on without anybody being asked to pay."""
        return self.status in {"unpaid", "paused"}

    @property
    def ends_at(self) -> datetime | None:
        """When collection stops or stopped for good; None while it goes on.

        A customer portal may set `cancel_at` without `cancel_at_period_end`, or the other way.
        """
        if self.ended:
            return self.ended_at or self.canceled_at
        if self.cancel_at is not None:
            return self.cancel_at
        return self.current_period.until if self.cancel_at_period_end else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPayment:
    """Money that arrived for an invoice; `id` is what a refund names.

    `taken_back` of it went again by a dispute or a return, `taken_back_because` of that.
    """

    id: str
    amount: int
    paid_at: datetime
    taken_back: int = 0
    taken_back_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRefund:
    """Money that goes back from a payment; `amount` is this refund's own, not a running total."""

    id: str
    payment_id: str
    reference: UUID | None
    amount: int
    status: Literal["pending", "succeeded", "failed", "canceled"]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLine:
    """One line of an invoice; `product` is what was sold, by the name that we gave it.

    `proration` marks what a change within a period costs or gives back, `discount` what is taken
    off, `rest` what we took off for the time that is not to be paid for.
    """

    text: str
    amount: int
    period: Period
    product: str | None = None
    proration: bool = False
    discount: bool = False
    rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPreview:
    """What would be asked for; below zero something would be left over."""

    amount: Money
    lines: tuple[ProviderLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInvoice:
    """A demand for money, with everything that was paid and given back for it.

    `reference` is our claim's id, where we asked for this invoice. One that is `alone` is a payment
    without an invoice: it has no lines, and is open until the payer has done it.
    `period` is what the recurring lines pay for. `attempts` counts tries to collect it, `first`
    tells the invoice that begins a subscription from its renewals. `credit` is what was used for it
    of what the provider holds for the customer. A draft that is `held` is not made final by itself.
    """

    id: str
    subscription_id: str | None
    reference: UUID | None = None
    status: Literal["draft", "open", "paid", "void", "uncollectible"]
    amount: Money
    outstanding: int
    period: Period
    attempts: int
    first: bool
    alone: bool = False
    held: bool = False
    paid_at: datetime | None = None
    credit: int = 0
    lines: tuple[ProviderLine, ...] = ()
    payments: tuple[ProviderPayment, ...] = ()
    refunds: tuple[ProviderRefund, ...] = ()

    @property
    def rested(self) -> bool:
        """Whether a part of its time is not to be paid for."""
        return any(line.rest for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCheckout:
    """A page on which a person pays for the first time, or adds a card.

    It leads to a subscription, to a payment of its own, or to a card that was only saved there.
    `reference` is the id that we wrote into it.
    """

    id: str
    status: Literal["open", "complete", "expired"]
    url: str | None
    expires_at: datetime
    subscription_id: str | None = None
    payment_id: str | None = None
    reference: UUID | None = None
    card_id: str | None = None
