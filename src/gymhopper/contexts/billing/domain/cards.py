"""Cards that a payer is charged by. What a card is stays with the provider; ours are its names."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A saved card, as the provider shows it. `is_default`: the next charge goes to it."""

    id: str
    brand: str
    last4: str
    year: int
    month: int
    is_default: bool

    @property
    def expires(self) -> str:
        """The last month in which it is good, such as `2027-04`."""
        return f"{self.year:04}-{self.month:02}"


@dataclass(eq=False, kw_only=True)
class CardPage:
    """A page of the provider on which a payer adds a card.

    `card_id` is what was saved on it; `applied_at` when that became what the payer is charged by.
    `provider_id`, `url` and `expires_at` are missing until the provider has answered.
    """

    id: UUID
    organisation_id: UUID
    person_id: UUID | None
    billing_account_id: UUID
    success_url: str
    cancel_url: str
    status: Literal["open", "complete", "expired"] = "open"
    provider_id: str | None = None
    url: str | None = None
    expires_at: datetime | None = None
    created_at: datetime
    card_id: str | None = None
    applied_at: datetime | None = None

    def complete(self, provider_id: str, card_id: str) -> None:
        """The card was saved; a page saves one."""
        self.status = "complete"
        self.provider_id = provider_id
        self.card_id = self.card_id or card_id


@dataclass(eq=False, kw_only=True)
class RemovedCard:
    """A card that the payer is not charged by any more; `done_at`: the provider knows it, too."""

    id: UUID
    organisation_id: UUID
    person_id: UUID | None
    billing_account_id: UUID
    card_id: str
    removed_at: datetime
    done_at: datetime | None = None


def without(cards: Sequence[Card], removed: Collection[str]) -> tuple[Card, ...]:
    """The cards that are left."""
    return tuple(card for card in cards if card.id not in removed)


def chosen(cards: Sequence[Card], card_id: str | None) -> tuple[Card, ...]:
    """The cards with the one as the default that the payer chose; as they are without a choice."""
    if all(card.id != card_id for card in cards):
        return tuple(cards)
    return tuple(replace(card, is_default=card.id == card_id) for card in cards)


def to_charge(cards: Sequence[Card]) -> Card | None:
    """What is charged by default; without a default the card that was added last."""
    return next((card for card in cards if card.is_default), cards[0] if cards else None)
