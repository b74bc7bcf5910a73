"""Tax on a document: rounded once for each rate, as EN 16931-1 asks (BR-CO-17, BR-S-09).

Amounts are whole minor units. Where prices are without tax, a rate's base is the sum of its lines
and the tax comes on top; where they are with tax, the tax is what the sum of its lines holds.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.kernel.errors import InvalidInput

TaxCategory = Literal["S", "Z", "E", "O"]
"""Of UNCL5305: taxed, taxed at zero, exempt, outside the scope of tax."""

STANDARD = "standard"
"""The code whose rate stands in for a code that the seller has no rate for."""

_PERCENT = re.compile(r"(0|[1-9][0-9]?)(\.[0-9]{1,4})?")


class Rate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How something is taxed. `percent` is a decimal (`19`, `8.875`), below 100.

    `exemption` is why no tax is asked for, in the words that the law wants on the document.
    """

    category: TaxCategory
    percent: str = "0"
    exemption: str | None = None

    @property
    def share(self) -> Fraction:
        """The percentage as a part of one."""
        return Fraction(self.percent) / 100


OUTSIDE = Rate(category="O")
"""For a seller who has set no rates."""


class Taxed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one rate comes to on a document; `base + tax` is the amount with tax."""

    rate: Rate
    base: int
    tax: int

    @property
    def gross(self) -> int:
        """With tax."""
        return self.base + self.tax


@dataclass(eq=False, kw_only=True)
class TaxRate:
    """What a seller's tax code means from the local date `valid_from` on, until the next."""

    id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    code: str
    category: TaxCategory
    percent: str
    exemption: str | None
    valid_from: date

    @property
    def rate(self) -> Rate:
        """As documents have it."""
        return Rate(category=self.category, percent=self.percent, exemption=self.exemption)


def checked(rate: Rate) -> Rate:
    """The rate with its percentage in the shortest form; InvalidInput when it cannot be one."""
    if not _PERCENT.fullmatch(rate.percent):
        raise InvalidInput(
            "A percentage is a decimal below 100, with four places at most.", field="percent"
        )
    percent = rate.percent
    if "." in percent:
        percent = percent.rstrip("0").rstrip(".")
    if (rate.category == "S") != (percent != "0"):
        raise InvalidInput("Category S has a percentage above 0, the others 0.", field="percent")
    if rate.category == "E" and rate.exemption is None:
        raise InvalidInput("An exemption needs the reason that documents give.", field="exemption")
    if rate.category in {"S", "Z"} and rate.exemption is not None:
        raise InvalidInput("What is taxed is not exempt.", field="exemption")
    return Rate(category=rate.category, percent=percent, exemption=rate.exemption)


def taxed(lines: Iterable[tuple[Rate, int]], *, included: bool) -> tuple[Taxed, ...]:
    """What each rate comes to, in the order in which the lines first name them."""
    sums: dict[Rate, int] = {}
    for rate, amount in lines:
        sums[rate] = sums.get(rate, 0) + amount
    return tuple(_taxed(rate, amount, included=included) for rate, amount in sums.items())


def _taxed(rate: Rate, amount: int, *, included: bool) -> Taxed:
    share = rate.share
    if included:
        tax = half_up(amount * share / (1 + share))
        return Taxed(rate=rate, base=amount - tax, tax=tax)
    return Taxed(rate=rate, base=amount, tax=half_up(amount * share))


def half_up(value: Fraction) -> int:
    """The nearest whole number; a half goes away from zero, so that a correction mirrors what it
    corrects."""
    rounded = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return rounded if value >= 0 else -rounded


def rate_in_force(rates: Iterable[TaxRate], code: str, on: date) -> Rate:
    """What the code means on that local date.

    A code without a rate is taxed like the standard one: too much tax can be given back, too little
    is paid by the seller. A seller without any rate in force is outside the scope of tax.
    """
    known = [each for each in rates if each.valid_from <= on]
    for wanted in (code, STANDARD):
        of_code = [each for each in known if each.code == wanted]
        if of_code:
            return max(of_code, key=lambda each: each.valid_from).rate
    return OUTSIDE
