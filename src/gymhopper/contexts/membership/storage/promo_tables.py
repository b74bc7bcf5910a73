"""The tables of promo codes and their redemptions; part of the schema `membership`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.membership.storage.tables import member, membership, metadata

promo_code = Table(
    "promo_code",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("code_key", Text, nullable=False),
    Column("basis_points", Integer),
    Column("amount", BigInteger),
    Column("currency", Text),
    Column("periods", Integer),
    Column("joining_fee", Boolean, nullable=False),
    Column("plan_ids", ARRAY(Uuid)),
    Column("first_purchase", Boolean, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("max_redemptions", Integer),
    Column("redeemed", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    UniqueConstraint("organisation_id", "code_key", name="promo_code_once"),
)

promo_redemption = Table(
    "promo_redemption",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("promo_code_id", ForeignKey(promo_code.c.id, name="redemption_of_code"), nullable=False),
    Column("member_id", ForeignKey(member.c.id, name="redemption_of_member"), nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column(
        "membership_id",
        ForeignKey(membership.c.id, name="redemption_for_membership"),
        nullable=False,
    ),
    Column("redeemed_at", INSTANT, nullable=False),
    Column("returned_at", INSTANT),
    Column("repeated", Boolean, nullable=False),
    UniqueConstraint("membership_id", name="redemption_of_membership"),
    Index(
        "redemption_once",
        "promo_code_id",
        "person_id",
        unique=True,
        postgresql_where=text("returned_at IS NULL AND NOT repeated"),
    ),
    Index("redemption_member", "member_id"),
)
