"""The tables of the ledger, in the schema `billing`; they are only added to."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.billing.storage.tables import metadata

account = Table(
    "ledger_account",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("legal_entity_id", Uuid, nullable=False),
    Column("currency", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("of", Text, nullable=False),
    Index(
        "ledger_account_once",
        "legal_entity_id",
        "currency",
        "kind",
        "of",
        "organisation_id",
        unique=True,
    ),
    Index("ledger_account_organisation", "organisation_id"),
)

entry = Table(
    "ledger_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("legal_entity_id", Uuid, nullable=False),
    Column("currency", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause", Uuid, nullable=False),
    Column("claim_id", Uuid),
    Column("billing_account_id", Uuid),
    Column("happened_at", INSTANT, nullable=False),
    Column("recorded_at", INSTANT, nullable=False),
    Index("ledger_entry_once", "cause", "kind", unique=True),
    Index("ledger_entry_time", "organisation_id", "happened_at", "id"),
    Index("ledger_entry_claim", "claim_id", postgresql_where=text("claim_id IS NOT NULL")),
    Index(
        "ledger_entry_billing_account",
        "billing_account_id",
        "happened_at",
        "id",
        postgresql_where=text("billing_account_id IS NOT NULL"),
    ),
)

posting = Table(
    "ledger_posting",
    metadata,
    Column("entry_id", Uuid, ForeignKey("billing.ledger_entry.id"), primary_key=True),
    Column("line", SmallInteger, primary_key=True, autoincrement=False),
    # No foreign key: each payment would lock the row of the account that all of them go to. What is
    # checked at the commit includes it, and accounts are never removed.
    Column("account_id", Uuid, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    # The entry's, so that a balance is read from the index alone.
    Column("happened_at", INSTANT, nullable=False),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("amount <> 0", name="ledger_posting_moves"),
    Index(
        "ledger_posting_account",
        "account_id",
        "happened_at",
        postgresql_include=["amount", "organisation_id"],
    ),
)
