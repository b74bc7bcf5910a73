"""The test cards, and what their issuers answer.

Numbers and tokens are those of Stripe's page "Test card numbers".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Decline:
    """Why an issuer refuses a charge."""

    decline_code: str
    message: str
    network_status: str = "declined_by_network"


GENERIC = Decline("generic_decline", "Your card was declined.")
INSUFFICIENT_FUNDS = Decline("insufficient_funds", "Your card has insufficient funds.")


@dataclass(frozen=True, slots=True)
class Card:
    """A card by its number; `at_once` refuses it when it is entered, `later` whenever its
    customer is charged without being there. The money is pending for days, or there at once."""

    number: str
    token: str
    brand: str
    says: str
    at_once: Decline | None = None
    later: Decline | None = None
    available_at_once: bool = False

    @property
    def fingerprint(self) -> str:
        """The same for the same number, as an account sees it."""
        return f"sandbox{self.number[-9:]}"


TEST_CARDS = (
    Card("4242424242424242", "pm_card_visa", "visa", "pays"),
    Card("5555555555554444", "pm_card_mastercard", "mastercard", "pays"),
    Card(
        "4000000000000077",
        "pm_card_bypassPending",
        "visa",
        "pays, and the money is available at once",
        available_at_once=True,
    ),
    Card(
        "4000000000000002",
        "pm_card_visa_chargeDeclined",
        "visa",
        "is declined",
        at_once=GENERIC,
        later=GENERIC,
    ),
    Card(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        "visa",
        "has insufficient funds",
        at_once=INSUFFICIENT_FUNDS,
        later=INSUFFICIENT_FUNDS,
    ),
    Card(
        "4000000000000341",
        "pm_card_chargeCustomerFail",
        "visa",
        "pays now, every later charge is declined",
        later=GENERIC,
    ),
)
BY_NUMBER: Mapping[str, Card] = MappingProxyType({each.number: each for each in TEST_CARDS})
BY_TOKEN: Mapping[str, Card] = MappingProxyType({each.token: each for each in TEST_CARDS})
BY_FINGERPRINT: Mapping[str, Card] = MappingProxyType(
    {each.fingerprint: each for each in TEST_CARDS}
)
