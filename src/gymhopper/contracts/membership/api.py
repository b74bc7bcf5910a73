"""What others may ask membership."""

from typing import Protocol
from uuid import UUID

import msgspec

from gymhopper.kernel.money import Money


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What a pending membership costs: `price` each `interval_count` `interval`s (day to year)."""

    membership_id: UUID
    member_id: UUID
    person_id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    plan_id: UUID
    plan_name: str
    price_id: UUID
    price: Money
    interval: str
    interval_count: int
    contract: str


class MemberRef(msgspec.Struct, frozen=True, kw_only=True):
    """Which person a member is, and at which organisation."""

    member_id: UUID
    person_id: UUID
    organisation_id: UUID


class MemberContact(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member can be written to; None when no address is known, as of a child."""

    member_id: UUID
    person_id: UUID
    organisation_id: UUID
    email: str | None


class PersonName(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is called."""

    person_id: UUID
    first_name: str
    last_name: str


class MembershipApi(Protocol):
    """Facts about memberships and the people behind them that paying and signing in need."""

    async def purchase(self, *, membership_id: UUID) -> Purchase | None:
        """The terms under which the membership was bought, or None when there is none."""
        ...

    async def member(self, *, member_id: UUID) -> MemberRef | None:
        """The person behind a member, or None when there is no such member."""
        ...

    async def contact(self, *, member_id: UUID) -> MemberContact | None:
        """How to reach a member, or None when there is no such member."""
        ...

    async def names(self, *, person_ids: tuple[UUID, ...]) -> tuple[PersonName, ...]:
        """The names of those people that there are, in no order."""
        ...
