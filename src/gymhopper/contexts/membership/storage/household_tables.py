"""The tables of households; part of the schema `membership`."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.membership.storage.tables import member, membership, metadata

household = Table(
    "household",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("payer_member_id", ForeignKey(member.c.id, name="household_payer"), nullable=False),
    Column("payer_person_id", Uuid, nullable=False),
    Column("debt_blocks", Text, nullable=False),
    Column("opened_at", INSTANT, nullable=False),
    Index("household_payer_member", "payer_member_id"),
)

housemate = Table(
    "housemate",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column(
        "household_id", ForeignKey(household.c.id, name="housemate_of_household"), nullable=False
    ),
    Column("organisation_id", Uuid, nullable=False),
    Column("member_id", ForeignKey(member.c.id, name="housemate_is_member"), nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("joined_at", INSTANT, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("left_at", INSTANT),
    Index("housemate_household", "household_id", "id"),
    Index("housemate_once", "member_id", unique=True, postgresql_where=text("left_at IS NULL")),
)

household_invitation = Table(
    "household_invitation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column(
        "household_id",
        ForeignKey(household.c.id, name="invitation_into_household"),
        nullable=False,
    ),
    Column("organisation_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("revoked_at", INSTANT),
    Index("household_invitation_household", "household_id", "id"),
    Index("household_invitation_digest", "digest", unique=True),
)

household_debt = Table(
    "household_debt",
    metadata,
    Column(
        "membership_id",
        ForeignKey(membership.c.id, name="household_debt_of_membership"),
        primary_key=True,
    ),
    Column(
        "household_id",
        ForeignKey(household.c.id, name="household_debt_of_household"),
        nullable=False,
    ),
    Column("organisation_id", Uuid, nullable=False),
    Column("overdue_since", INSTANT, nullable=False),
    Column("owed", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Index("household_debt_household", "household_id"),
)

Index(
    "membership_payer_id",
    membership.c.payer_id,
    postgresql_where=text("payer_id IS NOT NULL"),
)
