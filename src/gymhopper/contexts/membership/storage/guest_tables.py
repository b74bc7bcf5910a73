"""The table of guest passes; part of the schema `membership`."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text, Uuid

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.membership.storage.tables import member, membership, metadata

guest_pass = Table(
    "guest_pass",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column(
        "membership_id", ForeignKey(membership.c.id, name="guest_of_membership"), nullable=False
    ),
    Column("member_id", ForeignKey(member.c.id, name="guest_is_member"), nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("start_at", INSTANT, nullable=False),
    Column("until_at", INSTANT, nullable=False),
    Column("host_inside", Boolean, nullable=False),
    Column("issued_at", INSTANT, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("withdrawn_at", INSTANT),
    Column("used_at", INSTANT),
    Column("visit_id", Uuid),
    Index("guest_pass_membership", "membership_id", "id"),
    Index("guest_pass_member", "member_id"),
)
