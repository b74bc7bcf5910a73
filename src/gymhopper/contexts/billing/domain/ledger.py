"""The ledger: accounts, and entries that move money between them.

Every legal entity keeps books of its own in each of its currencies. An amount is positive where it
is debited and negative where it is credited, so that an entry is right when its sum is zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

AccountKind = Literal[
    "receivable",
    "clearing",
    "cash",
    "bank",
    "customer_credit",
    "tax",
    "revenue",
    "bad_debt",
    "goodwill",
    "fees",
    "rounding",
]

AccountClass = Literal["asset", "liability", "income", "expense"]

CHART: dict[AccountKind, AccountClass] = {
    "receivable": "asset",
    "clearing": "asset",
    "cash": "asset",
    "bank": "asset",
    "customer_credit": "liability",
    "tax": "liability",
    "revenue": "income",
    "bad_debt": "expense",
    "goodwill": "expense",
    "fees": "expense",
    "rounding": "expense",
}
"""Where each kind of account stands in a balance sheet or in a profit and loss account."""

PERSONAL: frozenset[AccountKind] = frozenset({"receivable", "customer_credit"})
"""Kinds with an account for each billing account; the books show them as one line."""

EntryKind = Literal[
    "invoice",
    "credit_note",
    "payment",
    "payment_taken_back",
    "payment_won_back",
    "refund",
    "refund_returned",
    "credit_granted",
    "credit_used",
    "credit_withdrawn",
    "overpaid",
    "reclaimed",
    "write_off",
    "recovery",
    "payout",
]

ENTRY_KINDS: tuple[EntryKind, ...] = get_args(EntryKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Whose money it is: a legal entity of an organisation, in one currency."""

    organisation_id: UUID
    legal_entity_id: UUID
    currency: str


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """An account of some books. `of` tells it from others of its kind: a billing account's id, what
    was sold, a tax code, a gateway; it is empty where there is only one."""

    kind: AccountKind
    of: str = ""


CASH = Account("cash")
BANK = Account("bank")
BAD_DEBT = Account("bad_debt")
GOODWILL = Account("goodwill")
FEES = Account("fees")
ROUNDING = Account("rounding")


def receivable(billing_account_id: UUID) -> Account:
    """What a billing account owes."""
    return Account("receivable", str(billing_account_id))


def customer_credit(billing_account_id: UUID) -> Account:
    """What a billing account may still use up."""
    return Account("customer_credit", str(billing_account_id))


def clearing(gateway: str) -> Account:
    """Money that a provider holds for us, until it pays it out."""
    return Account("clearing", gateway)


def revenue(what: str) -> Account:
    """What was earned with one kind of thing: memberships, joining fees, passes, packs, fees."""
    return Account("revenue", what)


def tax(code: str) -> Account:
    """Tax of one code that is owed to the state."""
    return Account("tax", code)


@dataclass(frozen=True, slots=True, order=True)
class Posting:
    """`amount` minor units: positive is debited, negative credited, and it is never zero."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement of money. `cause` is our id of what moved it, which moves it once for each kind.

    `at` is when it happened, which decides the period that it counts in. An entry without postings
    moves nothing, and is not kept. Raises ValueError when it does not balance.
    """

    kind: EntryKind
    cause: UUID
    books: Books
    at: datetime
    postings: tuple[Posting, ...]
    claim_id: UUID | None = None
    billing_account_id: UUID | None = None

    def __post_init__(self) -> None:
        if sum(posting.amount for posting in self.postings) != 0:
            raise ValueError(f"an entry of kind {self.kind} does not balance")
        if any(posting.amount == 0 for posting in self.postings):
            raise ValueError("a posting of zero moves nothing")


def postings(*moves: tuple[Account, int]) -> tuple[Posting, ...]:
    """What moves in total: one posting for each account, none for those where nothing changes."""
    return tuple(sorted(Posting(account, n) for account, n in _totals(moves).items() if n))


def _totals(moves: Iterable[tuple[Account, int]]) -> dict[Account, int]:
    totals: dict[Account, int] = {}
    for account, amount in moves:
        totals[account] = totals.get(account, 0) + amount
    return totals
