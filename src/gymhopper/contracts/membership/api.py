"""What others may ask membership."""

from datetime import date
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from gymhopper.contracts.membership.discount import Discount
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Interval

PlanKind = Literal["recurring", "fixed_term", "pack", "day_pass", "guest_pass"]
PayerKind = Literal["person", "household", "sponsor"]


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays: a member, a household or a sponsor, whose id is `id`.

    `member_id` and `person_id` are of whoever is asked for the money; a sponsor is no person.
    """

    kind: PayerKind
    id: UUID
    member_id: UUID | None = None
    person_id: UUID | None = None


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What a pending membership costs: `price` each `interval_count` `interval`s (day to year).

    The calendar of its periods counts from `starts_on` in the contract's `zone`. `periods` is after
    how many it ends by itself, None when it goes on; a pack or a pass has one. `joining_fee` is
    paid once, beside the first period. A price is as it was agreed on: with `tax_included` the tax
    is in it, else it is added; `tax_code` names the rate of the seller. The first charge comes
    `trial_days` after the start. `payer` is None where the members pay for themselves.
    What was `taken_over` from somebody else is paid for until where that one paid. `discount` is
    taken off the price that stands here.
    """

    membership_id: UUID
    member_id: UUID
    person_id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    plan_id: UUID
    plan_name: str
    price_id: UUID
    price: Money
    interval: Interval
    interval_count: int
    contract: str
    starts_on: date
    zone: str
    kind: PlanKind = "recurring"
    periods: int | None = None
    joining_fee: Money | None = None
    tax_code: str = "standard"
    tax_included: bool = True
    trial_days: int = 0
    payer: Payer | None = None
    taken_over: bool = False
    discount: Discount | None = None

    @property
    def paid_by(self) -> Payer:
        """Who pays, named also where it is the member."""
        if self.payer is not None:
            return self.payer
        return Payer(
            kind="person", id=self.member_id, member_id=self.member_id, person_id=self.person_id
        )


class MemberRef(msgspec.Struct, frozen=True, kw_only=True):
    """Which person a member is, and at which organisation.

    `hosts` are the people who have invited the member as their guest, and may still do so for that;
    `guardians` those who act for the member now, at this organisation.
    """

    member_id: UUID
    person_id: UUID
    organisation_id: UUID
    hosts: tuple[UUID, ...] = ()
    guardians: tuple[UUID, ...] = ()


class MemberAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A postal address; `country` is ISO 3166-1 alpha-2."""

    lines: tuple[str, ...]
    city: str
    country: str
    postal_code: str | None = None
    region: str | None = None


class MemberContact(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member can be written to; `email` is None when none is known, as of a child.

    `name` and `address` are for letters and documents. Who is `managed` has a guardian, whose
    account acts for both.
    """

    member_id: UUID
    person_id: UUID
    organisation_id: UUID
    email: str | None
    managed: bool = False
    name: str | None = None
    address: MemberAddress | None = None


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

    async def payer(self, *, membership_id: UUID, kind: PayerKind, payer_id: UUID) -> Payer | None:
        """Whoever has this id, or None when they cannot pay for the membership: a member of its
        organisation who has no guardian, or a household that its member is in."""
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
