"""What happened to money, as entries of the ledger.

Each function takes ids and amounts and knows nothing of where they come from, so that every gateway
is booked alike. Amounts are positive minor units unless they say otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gymhopper.contexts.billing.domain.ledger import (
    BAD_DEBT,
    BANK,
    FEES,
    GOODWILL,
    ROUNDING,
    Account,
    Books,
    Entry,
    EntryKind,
    clearing,
    customer_credit,
    postings,
    receivable,
    revenue,
    tax,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What an entry is about: in whose books, caused by what, when, who owes, and for which claim.

    `cause` is the id of the document, payment, refund or other thing of ours that is booked.
    """

    books: Books
    cause: UUID
    at: datetime
    billing_account_id: UUID
    claim_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What a document asks for, or takes back: net amounts by what was sold, tax by its code.

    `rounding` is added to the sum and may be negative (EN 16931, BT-114). So may a single net
    amount or tax: a discount is one.
    """

    revenue: Mapping[str, int]
    tax: Mapping[str, int] = field(default_factory=dict)
    rounding: int = 0

    @property
    def gross(self) -> int:
        """What has to be paid."""
        return sum(self.revenue.values()) + sum(self.tax.values()) + self.rounding


def invoice(matter: Matter, charged: Charged) -> Entry:
    """Somebody owes what a document asks for."""
    return _entry("invoice", matter, *_moves(matter, charged, 1))


def credit_note(matter: Matter, charged: Charged) -> Entry:
    """A document takes back a part of another one, or all of it; `charged` is that part."""
    return _entry("credit_note", matter, *_moves(matter, charged, -1))


def payment(matter: Matter, amount: int, into: Account) -> Entry:
    """Money came in: at a provider, in the till or on the bank account."""
    return _moved("payment", matter, amount, _owed(matter), into)


def payment_taken_back(matter: Matter, amount: int, source: Account, *, fee: int = 0) -> Entry:
    """A dispute or a returned debit took a payment away again, and perhaps a fee with it."""
    return _entry(
        "payment_taken_back",
        matter,
        (_owed(matter), _positive(amount)),
        (source, -amount),
        (FEES, _fee(fee)),
        (source, -fee),
    )


def payment_won_back(matter: Matter, amount: int, into: Account, *, fee: int = 0) -> Entry:
    """A dispute was decided for us; `fee` is what comes back of the one that was taken."""
    return _entry(
        "payment_won_back",
        matter,
        (into, _positive(amount)),
        (_owed(matter), -amount),
        (into, _fee(fee)),
        (FEES, -fee),
    )


def refund(matter: Matter, amount: int, source: Account) -> Entry:
    """Money went back to whoever had paid."""
    return _moved("refund", matter, amount, source, _owed(matter))


def refund_returned(matter: Matter, amount: int, into: Account) -> Entry:
    """A refund did not arrive and is with us again."""
    return _moved("refund_returned", matter, amount, _owed(matter), into)


def credit_granted(matter: Matter, amount: int) -> Entry:
    """Somebody may use up an amount that was not paid for."""
    return _moved("credit_granted", matter, amount, _credit(matter), GOODWILL)


def credit_used(matter: Matter, amount: int) -> Entry:
    """A claim was paid out of credit."""
    return _moved("credit_used", matter, amount, _owed(matter), _credit(matter))


def credit_withdrawn(matter: Matter, amount: int) -> Entry:
    """What was not used up may be used no more."""
    return _moved("credit_withdrawn", matter, amount, GOODWILL, _credit(matter))


def overpaid(matter: Matter, amount: int) -> Entry:
    """More came in for a claim than it asks for: whoever paid may use up the rest."""
    return _moved("overpaid", matter, amount, _credit(matter), _owed(matter))


def reclaimed(matter: Matter, amount: int) -> Entry:
    """Some of what came in beyond a claim went again: so much less is to be used up."""
    return _moved("reclaimed", matter, amount, _owed(matter), _credit(matter))


def write_off(matter: Matter, amount: int) -> Entry:
    """A debt is no longer expected to be paid."""
    return _moved("write_off", matter, amount, _owed(matter), BAD_DEBT)


def recovery(matter: Matter, amount: int) -> Entry:
    """A debt that was written off is owed again, because somebody pays it after all."""
    return _moved("recovery", matter, amount, BAD_DEBT, _owed(matter))


def payout(
    books: Books, *, cause: UUID, at: datetime, gateway: str, amount: int, fee: int = 0
) -> Entry:
    """A provider paid `amount` to the bank, and kept `fee` of what it held."""
    return Entry(
        kind="payout",
        cause=cause,
        books=books,
        at=at,
        postings=postings(
            (BANK, _positive(amount)), (FEES, _fee(fee)), (clearing(gateway), -amount - fee)
        ),
    )


def _moves(matter: Matter, charged: Charged, sign: int) -> list[tuple[Account, int]]:
    return [
        (_owed(matter), sign * charged.gross),
        *((revenue(what), -sign * net) for what, net in charged.revenue.items()),
        *((tax(code), -sign * amount) for code, amount in charged.tax.items()),
        (ROUNDING, -sign * charged.rounding),
    ]


def _moved(kind: EntryKind, matter: Matter, amount: int, source: Account, to: Account) -> Entry:
    return _entry(kind, matter, (to, _positive(amount)), (source, -amount))


def _entry(kind: EntryKind, matter: Matter, *moves: tuple[Account, int]) -> Entry:
    return Entry(
        kind=kind,
        cause=matter.cause,
        books=matter.books,
        at=matter.at,
        claim_id=matter.claim_id,
        billing_account_id=matter.billing_account_id,
        postings=postings(*moves),
    )


def _owed(matter: Matter) -> Account:
    return receivable(matter.billing_account_id)


def _credit(matter: Matter) -> Account:
    return customer_credit(matter.billing_account_id)


def _positive(amount: int) -> int:
    if amount <= 0:
        raise ValueError(f"not an amount that moves: {amount}")
    return amount


def _fee(amount: int) -> int:
    if amount < 0:
        raise ValueError(f"a fee is not negative: {amount}")
    return amount
