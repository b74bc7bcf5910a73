"""The table of the pages on which claims are paid that no provider asks for any more."""

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

claim_page = Table(
    "claim_page",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("claim_id", Uuid, ForeignKey("billing.claim.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("return_url", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("provider_id", Text, unique=True),
    Column("url", Text),
    Column("expires_at", INSTANT),
    Column("created_at", INSTANT, nullable=False),
    CheckConstraint("amount > 0", name="claim_page_amount"),
    CheckConstraint("status IN ('open', 'complete', 'expired')", name="claim_page_status"),
    Index("claim_page_one_open", "claim_id", unique=True, postgresql_where=text("status = 'open'")),
)
