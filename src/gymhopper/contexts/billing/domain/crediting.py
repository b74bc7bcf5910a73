"""How a part of an invoice is given back: over its rates, and exact to the last minor unit."""

from collections.abc import Sequence
from fractions import Fraction

from gymhopper.contexts.billing.domain.tax import Taxed, half_up


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole parts in proportion to the weights, which sum to `amount` (largest remainder).

    With `amount` at most the sum of the weights, no part is more than its weight.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    shares = [Fraction(amount * weight, whole) for weight in weights]
    parts = [share.numerator // share.denominator for share in shares]
    by_remainder = sorted(range(len(weights)), key=lambda i: (parts[i] - shares[i], i))
    for i in by_remainder[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def credited(
    invoiced: Sequence[Taxed],
    before: Sequence[Sequence[Taxed]],
    *,
    amount: int,
    rest: int,
    rounding: int,
) -> tuple[tuple[Taxed, ...], int]:
    """The rates of a credit note over `amount`, and its rounding.

    `invoiced` are the invoice's rates, `before` those of each credit note on it so far, `rest` what
    can still be given back and `rounding` what of the invoice's rounding is left. A rate's tax
    follows what is given back of it altogether, so that it is never off by more than a minor unit
    and all credit notes together hold the invoice's tax.
    """
    gone = [_sum(each, before) for each in invoiced]
    left = [each.gross - sofar for each, sofar in zip(invoiced, gone, strict=True)]
    if amount == rest:
        parts, rounding_part = left, rounding
    else:
        most = sum(left)
        within = max(min(amount, most), 0)
        parts, rounding_part = split(within, left), amount - within
    return tuple(
        _part(each, sofar, part)
        for each, sofar, part in zip(invoiced, gone, parts, strict=True)
        if part
    ), rounding_part


def _sum(of: Taxed, notes: Sequence[Sequence[Taxed]]) -> int:
    return sum(each.gross for note in notes for each in note if each.rate == of.rate)


def _part(of: Taxed, before: int, part: int) -> Taxed:
    tax = _tax(of, before + part) - _tax(of, before)
    return Taxed(rate=of.rate, base=part - tax, tax=tax)


def _tax(of: Taxed, gross: int) -> int:
    return half_up(Fraction(of.tax * gross, of.gross))
