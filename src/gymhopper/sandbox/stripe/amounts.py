"""Amounts as people read them."""

from gymhopper.kernel.money import Money

# Without a minor unit of their own, yet Stripe counts them in hundredths (Stripe's page
# "Supported currencies", special cases).
_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})


def shown(amount: int, currency: str) -> str:
    """An amount in Stripe's smallest unit, such as `29.90 EUR`."""
    code = currency.upper()
    return str(Money(amount // 100 if code in _IN_HUNDREDTHS else amount, code))


# The least that a card may be charged (Stripe's page "Supported currencies", minimum amounts);
# half a unit of most currencies.
_LEAST = {
    "AED": 200,
    "BGN": 100,
    "CZK": 1500,
    "DKK": 250,
    "GBP": 30,
    "HKD": 400,
    "HUF": 17500,
    "JPY": 50,
    "MXN": 1000,
    "MYR": 200,
    "NOK": 300,
    "PLN": 200,
    "RON": 200,
    "SEK": 300,
    "THB": 1000,
}


def minimum(currency: str) -> int:
    """The least that can be charged in this currency."""
    return _LEAST.get(currency.upper(), 50)
