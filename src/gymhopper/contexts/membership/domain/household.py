"""A household: members of one organisation, one of whom pays for them all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.kernel.errors import Conflict, InvalidInput

DebtBlocks = Literal["user", "payer", "all"]
"""Whose doors a debt of the household closes: those of the membership that is not paid, those of
whoever pays, or everybody's."""


class CannotPay(InvalidInput):
    """A minor, or somebody with a guardian."""

    code = "cannot_pay"


class InHousehold(Conflict):
    """The member is in a household already."""

    code = "in_a_household"


class StillPaidFor(Conflict):
    """The household pays for a membership of this member, or the member pays for the household."""

    code = "still_paid_for"


@dataclass(eq=False, kw_only=True)
class Household:
    """Who pays is one of its members; others are not asked for money."""

    id: UUID
    version: int = 0
    organisation_id: UUID
    name: str
    payer_member_id: UUID
    payer_person_id: UUID
    debt_blocks: DebtBlocks = "user"
    opened_at: datetime


@dataclass(eq=False, kw_only=True)
class Housemate:
    """A member in a household, from `joined_at` to `left_at`; `added_by` wrote it down."""

    id: UUID
    household_id: UUID
    organisation_id: UUID
    member_id: UUID
    person_id: UUID
    joined_at: datetime
    added_by: str
    left_at: datetime | None = None


class Debt(msgspec.Struct, frozen=True, kw_only=True):
    """Since when something is owed, and how many minor units of which currency."""

    since: datetime
    owed: int
    currency: str


def debts_at(
    debt_blocks: DebtBlocks,
    paid_for: Mapping[UUID, tuple[UUID, str]],
    debts: Mapping[UUID, Debt],
    payer_member_id: UUID,
) -> dict[UUID, Debt | None]:
    """What counts against each membership that a household pays for.

    `paid_for` says of each whose it is and its currency, `debts` what is owed for which. A debt
    that is shared is as old as the oldest; amounts of another currency are not added up.
    """
    if debt_blocks == "user":
        return {each: debts.get(each) for each in paid_for}
    return {
        each: _together(list(debts.values()), currency)
        if debt_blocks == "all" or member_id == payer_member_id
        else None
        for each, (member_id, currency) in paid_for.items()
    }


def _together(debts: Sequence[Debt], currency: str) -> Debt | None:
    if not debts:
        return None
    return Debt(
        since=min(each.since for each in debts),
        owed=sum(each.owed for each in debts if each.currency == currency),
        currency=currency,
    )
