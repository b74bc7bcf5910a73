"""The tables of the comparison with the provider, in the schema `billing`."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.billing.storage.tables import metadata

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("since", INSTANT),
    Column("started_at", INSTANT, nullable=False),
    Column("stage", Text, nullable=False),
    Column("cursor", Text),
    Column("compared", Integer, nullable=False),
    Column("finished_at", INSTANT),
    # One that was interrupted goes on before another begins.
    Index(
        "reconciliation_under_way",
        "provider",
        unique=True,
        postgresql_where=text("finished_at IS NULL"),
    ),
)

# What the provider's lists showed; kept until the comparison is finished.
seen = Table(
    "reconciliation_seen",
    metadata,
    Column(
        "reconciliation_id",
        Uuid,
        ForeignKey("billing.reconciliation.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("provider_id", Text, primary_key=True),
)

finding = Table(
    "reconciliation_finding",
    metadata,
    Column(
        "reconciliation_id",
        Uuid,
        ForeignKey("billing.reconciliation.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("provider_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("our_id", Uuid),
    Column("detail", Text),
    CheckConstraint(
        "verdict IN ('repaired', 'ours_alone', 'provider_alone', 'failed')",
        name="reconciliation_finding_verdict",
    ),
)
