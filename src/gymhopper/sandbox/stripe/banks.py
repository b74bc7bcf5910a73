"""Bank accounts for tests, and what their banks answer to a payout.

Numbers are those of Stripe's page "Testing Stripe Connect"; an IBAN counts by its end, so that it
can be of any country.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_PLAIN = re.compile(r"[0-9]{6,17}")

FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "0532013001": "no_account",
        "0532013002": "account_closed",
        "0532013003": "insufficient_funds",
        "0532013004": "debit_not_authorized",
        "0532013005": "invalid_currency",
        "0111111116": "no_account",
        "0111111113": "account_closed",
        "0222222227": "insufficient_funds",
        "0333333335": "debit_not_authorized",
        "0444444440": "invalid_currency",
    }
)
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "account_closed": "The bank account has been closed.",
        "debit_not_authorized": "Debit transactions are not approved on the bank account.",
        "insufficient_funds": "The account has too little money for this.",
        "invalid_currency": "The bank could not take money in this currency.",
        "no_account": "The bank could not find this account.",
    }
)
TEST_NUMBERS = (
    ("DE89370400440532013000", "payouts arrive"),
    ("DE62370400440532013001", "payouts fail: the bank knows no such account"),
    ("DE89370400440532013002", "payouts fail: the account is closed"),
)


def plain(number: str) -> str | None:
    """A number without its spaces; None when it is neither an IBAN nor digits."""
    compact = re.sub(r"[\s-]", "", number).upper()
    return compact if _IBAN.fullmatch(compact) or _PLAIN.fullmatch(compact) else None


def failure(number: str) -> str | None:
    """Why payouts to this account fail; None for one that takes them."""
    return FAILURES.get(number[-10:])
