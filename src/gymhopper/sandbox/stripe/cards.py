"""The test cards, and what their issuers answer.

Numbers and tokens are those of Stripe's page "Test card numbers".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Decline:
    """Why an issuer refuses a card; `code` and `param` are those of the error."""

    decline_code: str
    message: str
    code: str = "card_declined"
    param: str | None = None
    network_status: str = "declined_by_network"


GENERIC = Decline("generic_decline", "Your card was declined.")
INSUFFICIENT_FUNDS = Decline("insufficient_funds", "Your card has insufficient funds.")
LOST = Decline("lost_card", "Your card was declined.")
STOLEN = Decline("stolen_card", "Your card was declined.")
EXPIRED = Decline("expired_card", "Your card has expired.", "expired_card", "exp_month")
WRONG_CVC = Decline(
    "incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc", "cvc"
)
PROCESSING = Decline(
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    "processing_error",
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """The issuer wants its holder to authenticate first (3-D Secure)."""


AUTHENTICATE: Final = Challenge()

Authentication = Literal["never", "unless_set_up", "on_session", "always"]
RefundEnd = Literal["succeeds", "succeeds_later", "fails_later"]


@dataclass(frozen=True, slots=True)
class Card:
    """A card by its number.

    `saved`, `present` and `absent` are the declines when it is entered or attached, when it is
    charged while its holder is there, and when it is charged without them. `authentication` says
    which charges need 3-D Secure, `refunds` how money given back arrives, and `disputed` the reason
    for which its holder takes every payment back. The money is pending for days unless it is
    `available_at_once`.
    """

    number: str
    token: str
    brand: str
    says: str
    saved: Decline | None = None
    present: Decline | None = None
    absent: Decline | None = None
    authentication: Authentication = "never"
    refunds: RefundEnd = "succeeds"
    disputed: str | None = None
    available_at_once: bool = False

    @property
    def fingerprint(self) -> str:
        """The same for the same number, as an account sees it."""
        return f"sandbox{self.number[-9:]}"

    @property
    def source_token(self) -> str:
        """The token for `card[token]`, such as `tok_visa`."""
        return "tok_" + self.token.removeprefix("pm_card_")

    def when_saved(self, *, authenticated: bool) -> Decline | Challenge | None:
        """The issuer's word on keeping the card for later; None when it agrees."""
        if self.authentication in {"unless_set_up", "always"} and not authenticated:
            return AUTHENTICATE
        return self.saved

    def when_charged(
        self, *, present: bool, set_up: bool, authenticated: bool
    ) -> Decline | Challenge | None:
        """The issuer's word on a charge; None when it pays.

        `present` says that the holder is there, `set_up` that they have once agreed to later
        charges, `authenticated` that they have just proved who they are.
        """
        if not authenticated and self._asks(present=present, set_up=set_up):
            return AUTHENTICATE
        return self.present if present else self.absent

    def _asks(self, *, present: bool, set_up: bool) -> bool:
        match self.authentication:
            case "never":
                return False
            case "always":
                return True
            case "on_session":
                return present
            case "unless_set_up":
                return present or not set_up


def _declined(number: str, name: str, says: str, decline: Decline) -> Card:
    return Card(
        number, f"pm_card_{name}", "visa", says, saved=decline, present=decline, absent=decline
    )


def _authenticated(
    number: str, name: str, says: str, which: Authentication, then: Decline | None = None
) -> Card:
    return Card(
        number,
        f"pm_card_{name}",
        "visa",
        says,
        present=then,
        absent=then,
        authentication=which,
    )


TEST_CARDS = (
    Card("4242424242424242", "pm_card_visa", "visa", "pays"),
    Card("4000056655665556", "pm_card_visa_debit", "visa", "pays, a debit card"),
    Card("5555555555554444", "pm_card_mastercard", "mastercard", "pays"),
    Card(
        "4000000000000077",
        "pm_card_bypassPending",
        "visa",
        "pays, and the money is available at once",
        available_at_once=True,
    ),
    _declined("4000000000000002", "visa_chargeDeclined", "is declined", GENERIC),
    _declined(
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds",
        "has insufficient funds",
        INSUFFICIENT_FUNDS,
    ),
    _declined("4000000000009987", "visa_chargeDeclinedLostCard", "was lost", LOST),
    _declined("4000000000009979", "visa_chargeDeclinedStolenCard", "was stolen", STOLEN),
    _declined("4000000000000069", "chargeDeclinedExpiredCard", "has expired", EXPIRED),
    _declined("4000000000000127", "chargeDeclinedIncorrectCvc", "wrong security code", WRONG_CVC),
    _declined(
        "4000000000000119", "chargeDeclinedProcessingError", "cannot be processed now", PROCESSING
    ),
    Card(
        "4000000000000341",
        "pm_card_chargeCustomerFail",
        "visa",
        "pays now, every later charge is declined",
        absent=GENERIC,
    ),
    _authenticated(
        "4000002500003155",
        "authenticationRequiredOnSetup",
        "asks for authentication once, then pays by itself",
        "unless_set_up",
    ),
    _authenticated(
        "4000002760003184",
        "authenticationRequired",
        "asks for authentication every time",
        "always",
    ),
    _authenticated(
        "4000003800000446",
        "authenticationRequiredSetupForOffSession",
        "asks for authentication, but pays later charges by itself",
        "on_session",
    ),
    _authenticated(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "asks for authentication, then has insufficient funds",
        "always",
        INSUFFICIENT_FUNDS,
    ),
    _authenticated(
        "4000008400001629",
        "threeDSecureRequiredChargeDeclined",
        "asks for authentication, then is declined",
        "always",
        GENERIC,
    ),
    Card(
        "4000000000007726",
        "pm_card_pendingRefund",
        "visa",
        "pays, a refund is pending for a while",
        refunds="succeeds_later",
    ),
    Card(
        "4000000000005126",
        "pm_card_refundFail",
        "visa",
        "pays, a refund fails after a while",
        refunds="fails_later",
    ),
    Card(
        "4000000000000259",
        "pm_card_createDispute",
        "visa",
        "pays, then disputes it as a fraud",
        disputed="fraudulent",
    ),
    Card(
        "4000000000002685",
        "pm_card_createDisputeProductNotReceived",
        "visa",
        "pays, then disputes it as not received",
        disputed="product_not_received",
    ),
)
BY_NUMBER: Mapping[str, Card] = MappingProxyType({each.number: each for each in TEST_CARDS})
BY_TOKEN: Mapping[str, Card] = MappingProxyType({each.token: each for each in TEST_CARDS})
BY_SOURCE_TOKEN: Mapping[str, Card] = MappingProxyType(
    {each.source_token: each for each in TEST_CARDS}
)
BY_FINGERPRINT: Mapping[str, Card] = MappingProxyType(
    {each.fingerprint: each for each in TEST_CARDS}
)


def card_of(method: Mapping[str, Mapping[str, str]]) -> Card:
    """The card behind a payment method."""
    return BY_FINGERPRINT[method["card"]["fingerprint"]]
