"""The tables of the schema `identity`; the migrations are what makes them."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)

metadata = MetaData(schema="identity")

api_key = Table(
    "api_key",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text, as_tuple=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Column("former_prefix", Text, unique=True),
    Column("former_hash", LargeBinary),
    Column("former_until", DateTime(timezone=True)),
    CheckConstraint(
        "num_nulls(former_prefix, former_hash, former_until) IN (0, 3)", name="api_key_former"
    ),
    CheckConstraint("kind IN ('staff', 'partner', 'service')", name="api_key_kind"),
    Index("api_key_organisation", "organisation_id", "id"),
)
