"""The tables of legal documents: who sells and buys, rates of tax, series, the documents."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from gymhopper.chassis.columns import INSTANT, JsonOf
from gymhopper.contexts.billing.domain.document import TaxNumber
from gymhopper.contexts.billing.domain.tax import Taxed
from gymhopper.contexts.billing.storage.tables import metadata

seller = Table(
    "seller",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("lines", JsonOf[tuple[str, ...]](tuple[str, ...]), nullable=False),
    Column("postal_code", Text),
    Column("city", Text),
    Column("region", Text),
    Column("country", Text, nullable=False),
    Column("tax_ids", JsonOf[tuple[TaxNumber, ...]](tuple[TaxNumber, ...]), nullable=False),
    Column("currency", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Index("seller_organisation", "organisation_id"),
)

numbering = Table(
    "numbering",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("invoice_prefix", Text, nullable=False),
    Column("credit_note_prefix", Text, nullable=False),
    CheckConstraint("invoice_prefix <> credit_note_prefix", name="numbering_apart"),
)

tax_rate = Table(
    "tax_rate",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("legal_entity_id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("percent", Text, nullable=False),
    Column("exemption", Text),
    Column("valid_from", Date, nullable=False),
    CheckConstraint("category IN ('S', 'Z', 'E', 'O')", name="tax_rate_category"),
    UniqueConstraint("legal_entity_id", "code", "valid_from", name="tax_rate_day"),
)

bill_to = Table(
    "bill_to",
    metadata,
    Column("id", Uuid, ForeignKey("billing.billing_account.id"), primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid),
    Column("version", Integer, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

series = Table(
    "series",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("legal_entity_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    CheckConstraint("kind IN ('invoice', 'credit_note')", name="series_kind"),
    UniqueConstraint("legal_entity_id", "prefix", "year", name="series_of_legal_entity"),
)

document = Table(
    "document",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("legal_entity_id", Uuid, nullable=False),
    Column("billing_account_id", Uuid, nullable=False),
    Column("person_id", Uuid),
    Column("claim_id", Uuid, nullable=False),
    Column("corrects_id", Uuid, ForeignKey("billing.document.id")),
    Column("cause", Uuid, unique=True),
    Column("kind", Text, nullable=False),
    Column("series_id", Uuid, ForeignKey("billing.series.id"), nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("included", Boolean, nullable=False),
    Column("amounts", JsonOf[tuple[int, ...]](tuple[int, ...]), nullable=False),
    Column("taxes", JsonOf[tuple[Taxed, ...]](tuple[Taxed, ...]), nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("rounding", BigInteger, nullable=False),
    Column("payable", BigInteger, nullable=False),
    Column("supply_start", INSTANT, nullable=False),
    Column("supply_until", INSTANT, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("issued_at", INSTANT, nullable=False),
    Column("content", LargeBinary, nullable=False),
    CheckConstraint("kind IN ('invoice', 'credit_note')", name="document_kind"),
    CheckConstraint(
        "(kind = 'credit_note') = (corrects_id IS NOT NULL)"
        " AND (kind = 'credit_note') = (cause IS NOT NULL)",
        name="document_correction",
    ),
    CheckConstraint("payable = net + tax + rounding AND payable >= 0", name="document_sum"),
    UniqueConstraint("series_id", "ordinal", name="document_ordinal"),
    UniqueConstraint("legal_entity_id", "number", name="document_number"),
    Index("document_one_invoice", "claim_id", unique=True, postgresql_where="kind = 'invoice'"),
    Index("document_claim", "claim_id"),
    Index("document_corrects", "corrects_id"),
    Index("document_listed", "organisation_id", "id"),
    Index("document_person", "person_id", "id"),
)
