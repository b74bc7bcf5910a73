"""The tables of waivers; part of the schema `membership`."""

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.membership.storage.tables import member, metadata

waiver = Table(
    "waiver",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("retired_at", INSTANT),
    Index("waiver_organisation", "organisation_id", "id"),
)

waiver_version = Table(
    "waiver_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("waiver_id", ForeignKey(waiver.c.id, name="version_of_waiver"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("texts", JSONB, nullable=False),
    Column("valid_months", Integer),
    Column("enforce_from", Date, nullable=False),
    Column("enforced_at", INSTANT, nullable=False),
    Column("published_at", INSTANT, nullable=False),
    Column("published_by", Text, nullable=False),
    UniqueConstraint("waiver_id", "number", name="waiver_version_once"),
)

waiver_signature = Table(
    "waiver_signature",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("waiver_id", ForeignKey(waiver.c.id, name="signature_of_waiver"), nullable=False),
    Column(
        "waiver_version_id",
        ForeignKey(waiver_version.c.id, name="signature_of_version"),
        nullable=False,
    ),
    Column("number", Integer, nullable=False),
    Column("member_id", ForeignKey(member.c.id, name="signature_for_member"), nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("language", Text, nullable=False),
    Column("text_hash", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("signed_by", Text, nullable=False),
    Column("guardian_member_id", Uuid),
    Column("actor", Text, nullable=False),
    Column("signed_at", INSTANT, nullable=False),
    Column("until", INSTANT),
    Index("waiver_signature_member", "member_id", "waiver_id"),
)
