"""The tables of account credit, in the schema `billing`; movements are only added."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    Uuid,
    text,
)

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.billing.storage.tables import metadata

credit = Table(
    "credit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("billing_account_id", Uuid, ForeignKey("billing.billing_account.id"), nullable=False),
    Column("legal_entity_id", Uuid, nullable=False),
    Column("currency", Text, nullable=False),
    Column("balance", BigInteger, nullable=False),
    Column("placed", BigInteger, nullable=False),
    CheckConstraint("balance >= 0", name="credit_balance"),
    CheckConstraint("placed BETWEEN 0 AND balance", name="credit_placed"),
    Index("credit_once", "billing_account_id", "legal_entity_id", "currency", unique=True),
    Index("credit_organisation", "organisation_id"),
)

movement = Table(
    "credit_movement",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("credit_id", Uuid, ForeignKey("billing.credit.id"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause", Uuid, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("claim_id", Uuid),
    Column("membership_id", Uuid),
    Column("reason", Text),
    Column("actor", Text, nullable=False),
    Column("happened_at", INSTANT, nullable=False),
    CheckConstraint(
        "kind IN ('granted', 'used', 'returned', 'withdrawn', 'overpaid', 'reclaimed')",
        name="credit_movement_kind",
    ),
    CheckConstraint(
        "amount <> 0 AND (amount > 0) = (kind IN ('granted', 'returned', 'overpaid'))",
        name="credit_movement_amount",
    ),
    Index("credit_movement_once", "cause", "kind", unique=True),
    Index("credit_movement_credit", "credit_id", "id"),
)

placement = Table(
    "credit_placement",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("credit_id", Uuid, ForeignKey("billing.credit.id"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", INSTANT, nullable=False),
    CheckConstraint("amount <> 0", name="credit_placement_amount"),
    CheckConstraint("state IN ('asked', 'done', 'refused')", name="credit_placement_state"),
    Index(
        "credit_placement_asked",
        "credit_id",
        unique=True,
        postgresql_where=text("state = 'asked'"),
    ),
    Index("credit_placement_credit", "credit_id"),
)
