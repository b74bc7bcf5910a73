"""Who sells: billing's copy of a legal entity, and how its documents are numbered."""

from dataclasses import dataclass
from uuid import UUID

from gymhopper.contexts.billing.domain.document import DocumentKind, Party, TaxNumber
from gymhopper.contexts.billing.domain.numbering import PREFIXES


@dataclass(eq=False, kw_only=True)
class Seller:
    """What venues says of a legal entity, with its id and version."""

    id: UUID
    organisation_id: UUID
    version: int
    name: str
    lines: tuple[str, ...] = ()
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None
    country: str
    tax_ids: tuple[TaxNumber, ...] = ()
    currency: str
    zone: str

    @property
    def party(self) -> Party:
        """As a document names it."""
        return Party(
            name=self.name,
            lines=self.lines,
            postal_code=self.postal_code,
            city=self.city,
            region=self.region,
            country=self.country,
            tax_ids=self.tax_ids,
        )


@dataclass(eq=False, kw_only=True)
class Numbering:
    """How the numbers of a legal entity begin, whose id it has."""

    id: UUID
    organisation_id: UUID
    version: int = 0
    invoice_prefix: str = PREFIXES["invoice"]
    credit_note_prefix: str = PREFIXES["credit_note"]

    def prefix(self, kind: DocumentKind) -> str:
        """With which numbers of documents of the kind begin."""
        return self.invoice_prefix if kind == "invoice" else self.credit_note_prefix
