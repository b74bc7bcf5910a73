"""What discounts take off the lines of an invoice.

Stripe's page "Coupons and promotion codes": discounts apply one after the other, each to what the
ones before it left. A line that is not discountable (a proration, which is net already) keeps
its amount.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gymhopper.sandbox.stripe.billing.shares import apportion, rounded
from gymhopper.sandbox.stripe.objects.identity import Object


@dataclass(frozen=True, slots=True)
class Applied:
    """A discount in force, and the coupon as it was when it was redeemed."""

    discount: Object
    coupon: Object
    products: frozenset[str] | None = None
    """What alone it takes something off; None: everything."""

    def covers(self, product: str | None) -> bool:
        """Whether something is taken off what this product costs."""
        return self.products is None or product in self.products

    @property
    def once(self) -> bool:
        """Whether the first invoice with something to discount uses it up."""
        return bool(self.coupon["duration"] == "once")

    def off(self, total: int) -> int:
        """What it takes off a total in minor units."""
        if self.coupon["percent_off"] is not None:
            return rounded(Fraction(str(self.coupon["percent_off"])) * total / 100)
        return min(int(self.coupon["amount_off"]), total)


def net(
    amounts: Sequence[int], products: Sequence[str | None], discounts: Iterable[Applied]
) -> list[list[tuple[str, int]]]:
    """For each positive amount, of which product it is the price, what each discount takes off it:
    (discount's id, amount)."""
    left = [max(amount, 0) for amount in amounts]
    taken: list[list[tuple[str, int]]] = [[] for _ in amounts]
    for each in discounts:
        eligible = [
            amount if each.covers(product) else 0
            for amount, product in zip(left, products, strict=True)
        ]
        parts = apportion(each.off(sum(eligible)), eligible)
        for index, part in enumerate(parts):
            left[index] -= part
            if amounts[index] > 0 and each.covers(products[index]):
                taken[index].append((each.discount["id"], part))
    return taken


def discounted(lines: Sequence[Object], discounts: Sequence[Applied]) -> list[Object]:
    """The lines with what is taken off each."""
    amounts = [line["amount"] if line["discountable"] else 0 for line in lines]
    taken = net(amounts, [_product(line) for line in lines], discounts)
    return [
        {
            **line,
            "discount_amounts": [
                {"amount": amount, "discount": key} for key, amount in taken[index]
            ],
        }
        for index, line in enumerate(lines)
    ]


def _product(line: Object) -> str | None:
    """What a line sells; None where that was not said."""
    details = (line["pricing"] or {}).get("price_details") or {}
    product: str | None = details.get("product")
    return product


def total_amounts(lines: Iterable[Object]) -> list[Object]:
    """What each discount takes off the whole invoice."""
    totals: dict[str, int] = {}
    for line in lines:
        for each in line["discount_amounts"]:
            totals[each["discount"]] = totals.get(each["discount"], 0) + each["amount"]
    return [{"amount": amount, "discount": key} for key, amount in totals.items()]


def net_amount(line: Object) -> int:
    """What the line comes to after its discounts."""
    amount: int = line["amount"]
    return amount - sum(int(each["amount"]) for each in line["discount_amounts"])
