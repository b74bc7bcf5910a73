"""What a plan costs that a membership is changed to."""

from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contracts.membership.api import PlanKind
from gymhopper.kernel.money import Money

PlanChangeRefusal = Literal["card_refused", "price_changed", "not_collected", "left_over"]
"""Why a change that was to be paid at once did not happen: the card was refused, another amount
would have been charged than was shown, nobody collects, or what would be left over was not paid."""


class PlanTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan costs that a membership becomes: `price` each `interval_count` `interval`s.

    The price is as it was agreed on: with `tax_included` the tax is in it, else it is added by the
    rate that `tax_code` names.
    """

    plan_id: UUID
    plan_name: str
    kind: PlanKind
    price: Money
    interval: str
    interval_count: int
    tax_code: str
    tax_included: bool
