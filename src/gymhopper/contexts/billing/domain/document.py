"""Legal documents: an invoice for each charge, and the credit notes that correct it.

What a document says is fixed when it is issued. Who sells, who buys and what the lines say is kept
sealed as `Content`; ids, sums and the number lie beside it in the clear.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from gymhopper.contexts.billing.domain.tax import Rate, Taxed
from gymhopper.contracts.billing.events import DocumentIssued
from gymhopper.kernel.errors import Conflict, InvalidInput, Unavailable
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

DocumentKind = Literal["invoice", "credit_note"]
PaymentTerms = Literal["automatic", "manual"]
Language = Literal["en", "de"]

GERMAN_SPEAKING = frozenset({"AT", "CH", "DE", "LI"})


class SellerUnknown(Unavailable):
    """Nothing is known here yet of the legal entity that sells."""

    code = "seller_unknown"


class AmountsDisagree(Conflict):
    """What is charged is not what the lines come to."""

    code = "amounts_disagree"


class OverCredit(InvalidInput):
    """More would be credited than was invoiced."""

    code = "over_credit"


class NothingToCredit(Conflict):
    """There is no invoice, or all of it has been credited."""

    code = "nothing_to_credit"


class TaxNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number by which a tax office knows somebody; `kind` as in `eu_vat` or `us_ein`."""

    kind: str
    value: str


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who sells or buys, as a document names them; of a consumer often no more than the name."""

    name: str | None = None
    lines: tuple[str, ...] = ()
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    tax_ids: tuple[TaxNumber, ...] = ()


class Billed(Protocol):
    """A line of what is charged. `amount` is with tax or without, as the whole order says; below
    zero something is taken off. `period` is what it pays for, None what the whole is for."""

    @property
    def kind(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def amount(self) -> int: ...

    @property
    def tax_code(self) -> str: ...

    @property
    def period(self) -> Period | None: ...


class DocumentLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line as the document has it, for `[start, until)`."""

    kind: str
    text: str
    amount: int
    rate: Rate
    start: datetime
    until: datetime


class Corrected(msgspec.Struct, frozen=True, kw_only=True):
    """The invoice that a credit note is about, and why it was corrected."""

    number: str
    issued_on: date
    reason: str


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept sealed. Dates are shown in `zone`."""

    language: Language
    zone: str
    seller: Party
    buyer: Party
    lines: tuple[DocumentLine, ...]
    payment: PaymentTerms = "automatic"
    due_on: date | None = None
    corrected: Corrected | None = None


@dataclass(eq=False, kw_only=True)
class Document:
    """One legal document, never changed.

    `amounts` are those of its lines, with tax when `included`. `payable` is `net + tax + rounding`:
    what is charged, or given back. `ordinal` counts in the series, without a gap; it and `number`
    are given as the last thing before the commit. `cause` is what a credit note was issued for.
    """

    id: UUID
    version: int = 0
    organisation_id: UUID
    legal_entity_id: UUID
    billing_account_id: UUID
    person_id: UUID | None
    claim_id: UUID
    corrects_id: UUID | None = None
    cause: UUID | None = None
    kind: DocumentKind
    series_id: UUID | None = None
    ordinal: int = 0
    number: str = ""
    currency: str
    included: bool
    amounts: tuple[int, ...]
    taxes: tuple[Taxed, ...]
    net: int
    tax: int
    rounding: int
    payable: int
    supply_start: datetime
    supply_until: datetime
    issued_on: date
    issued_at: datetime
    content: bytes = b""

    @property
    def total(self) -> int:
        """With tax, before rounding."""
        return self.net + self.tax

    def issued(self) -> DocumentIssued:
        """The event that says so, when it has its number."""
        return DocumentIssued(
            document_id=self.id,
            kind=self.kind,
            number=self.number,
            legal_entity_id=self.legal_entity_id,
            billing_account_id=self.billing_account_id,
            claim_id=self.claim_id,
            corrects_id=self.corrects_id,
            net=Money(self.net, self.currency),
            tax=Money(self.tax, self.currency),
            payable=Money(self.payable, self.currency),
            issued_on=self.issued_on,
        )


def rounding_of(
    lines: Sequence[Billed], taxes: Sequence[Taxed], *, included: bool, charged: int
) -> int:
    """What is charged beyond the document's own total (EN 16931, BT-114).

    It comes of prices without tax that were charged line by line, so it is no more than a minor
    unit for each line, and nothing where prices are with tax. Raises AmountsDisagree otherwise.
    """
    total = sum(each.gross for each in taxes)
    most = 0 if included else len(lines)
    if abs(charged - total) > most or charged < 0:
        raise AmountsDisagree(f"The lines come to {total}, and {charged} is charged.")
    return charged - total


def language_for(buyer: Party, seller: Party) -> Language:
    """By the country of the buyer, else of the seller."""
    return "de" if (buyer.country or seller.country) in GERMAN_SPEAKING else "en"


def sums(taxes: Iterable[Taxed]) -> tuple[int, int]:
    """All bases and all taxes."""
    known = tuple(taxes)
    return sum(each.base for each in known), sum(each.tax for each in known)
