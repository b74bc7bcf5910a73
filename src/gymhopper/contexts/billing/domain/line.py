"""The lines of a claim: what each part of the money is for."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from gymhopper.contexts.billing.domain.provider import ProviderLine
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.kernel.period import Period

LineKind = Literal["period", "purchase", "joining_fee", "proration", "discount", "fee"]


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`amount` minor units with tax; below zero where something is given back or taken off.

    `text` names what was bought, without its dates. `tax_code` says by which of the seller's rates
    it is taxed.
    """

    kind: LineKind
    text: str
    amount: int
    tax_code: str
    start: datetime
    until: datetime

    @property
    def period(self) -> Period:
        """What it pays for."""
        return Period(self.start, self.until)


def lines_of(
    sold: Terms, found: Iterable[ProviderLine], changed: Terms | None = None
) -> tuple[Line, ...]:
    """A provider's lines as ours, taxed as the plan was sold; those of nothing are left out.

    `changed` is the plan that this becomes, or becomes later: its lines are told by the product.
    """
    lines = []
    for each in found:
        if each.amount == 0:
            continue
        terms = changed if changed is not None and changed.names(each.product) else sold
        part = terms.part(each.product)
        kind: LineKind
        if each.discount:
            kind = "discount"
        elif each.proration or each.rest:
            kind = "proration"
        elif part == "joining_fee":
            kind = "joining_fee"
        else:
            kind = "period" if terms.recurs else "purchase"
        text = each.text if each.discount or kind == "proration" else terms.plan_name
        if each.discount and sold.discount is not None:
            text = sold.discount.code
        lines.append(
            Line(
                kind=kind,
                text=text,
                amount=each.amount,
                tax_code=terms.tax_code,
                start=each.period.start,
                until=each.period.until or each.period.start,
            )
        )
    return tuple(lines)
