"""Amounts as people read them."""

from gymhopper.kernel.money import Money

# Without a minor unit of their own, yet Stripe counts them in hundredths (Stripe's page
# "Supported currencies", special cases).
_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})


def shown(amount: int, currency: str) -> str:
    """An amount in Stripe's smallest unit, such as `29.90 EUR`."""
    code = currency.upper()
    return str(Money(amount // 100 if code in _IN_HUNDREDTHS else amount, code))
