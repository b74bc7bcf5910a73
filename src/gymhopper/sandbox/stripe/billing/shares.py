"""Parts of amounts: exact fractions, rounded once, and rounded the same way on both sides of zero.

So what is charged for a span of time and what is given back for the same span cancel out.
"""

from collections.abc import Sequence
from fractions import Fraction


def rounded(exact: Fraction) -> int:
    """The nearest whole number of minor units; a half goes away from zero."""
    whole = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return whole if exact >= 0 else -whole


def share(amount: int, part: int, whole: int) -> int:
    """The amount for `part` seconds of `whole` seconds."""
    return rounded(Fraction(amount * part, whole)) if whole else 0


def apportion(amount: int, weights: Sequence[int]) -> list[int]:
    """The amount in parts that are proportional to the weights and add up to it."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    parts = [amount * weight // total for weight in weights]
    rests = sorted(
        range(len(weights)), key=lambda index: (-(amount * weights[index] % total), index)
    )
    for index in rests[: amount - sum(parts)]:
        parts[index] += 1
    return parts
