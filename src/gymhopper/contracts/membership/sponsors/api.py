"""What others may ask about sponsors: what they pay, and for whom."""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.money import Money

SponsorDebtStageName = Literal["remind", "no_new_members", "no_entry", "end"]


class Share(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a sponsor pays of each period that begins at `since` or later: a percentage of its
    price, or an amount, at most the price. The rest is the member's own."""

    since: datetime
    percent: int | None = None
    amount: Money | None = None


class DatedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a period costs that begins at `since` or later; None: it was sold for that."""

    price: Money
    since: datetime | None = None


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nothing is charged; without `until` it goes on."""

    start: datetime
    until: datetime | None = None


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """A membership on a sponsor's account, from its own `starts_on` until `until`.

    `reference` is what the sponsor calls its member by. `prices` are in the order of their dates.
    """

    purchase: Purchase
    reference: str
    prices: tuple[DatedPrice, ...]
    until: datetime | None = None
    frozen: tuple[Stretch, ...] = ()


class Sponsoring(msgspec.Struct, frozen=True, kw_only=True):
    """What a sponsor agreed to pay: `shares` in the order of their dates, and for whom."""

    sponsor_id: UUID
    name: str
    shares: tuple[Share, ...]
    covered: tuple[Covered, ...]


class SponsorsApi(Protocol):
    """What sponsors are to pay for."""

    async def sponsoring(
        self, *, sponsor_id: UUID, start: datetime, until: datetime
    ) -> Sponsoring | None:
        """Everybody on the sponsor's account at some time in `[start, until)`; None when there is
        no such sponsor, or nothing was agreed on with it."""
        ...
