"""The tables of what sponsors are asked for; part of the schema `billing`."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.billing.storage.tables import metadata

sponsor_account = Table(
    "sponsor_account",
    metadata,
    Column("id", Uuid, ForeignKey("billing.billing_account.id"), primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("dues_id", Uuid, ForeignKey("billing.dues.id"), nullable=False, unique=True),
    Column("pays_within_days", Integer, nullable=False),
    Column("billed_from", INSTANT, nullable=False),
    Column("billed_until", INSTANT, nullable=False),
)

covered_period = Table(
    "covered_period",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("sponsor_id", Uuid, ForeignKey("billing.sponsor_account.id"), nullable=False),
    Column("membership_id", Uuid, nullable=False),
    Column("start", INSTANT, nullable=False),
    Column("until", INSTANT, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("part", BigInteger, nullable=False),
    Column("own", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("claim_id", Uuid, ForeignKey("billing.claim.id")),
    Column("own_claim_id", Uuid, ForeignKey("billing.claim.id")),
    CheckConstraint("part >= 0 AND own >= 0 AND part + own = price", name="covered_period_shared"),
    # Nobody is asked twice for the same time.
    UniqueConstraint("membership_id", "start", name="covered_period_once"),
    Index("covered_period_claim", "claim_id", "id"),
    Index(
        "covered_period_own",
        "sponsor_id",
        "id",
        postgresql_where=text("own > 0 AND own_claim_id IS NULL"),
    ),
)
