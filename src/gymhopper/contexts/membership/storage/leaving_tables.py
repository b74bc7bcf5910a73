"""The tables of how people leave; part of the schema `membership`."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.membership.storage.tables import member, membership, metadata

receipt = Table(
    "receipt",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("member_id", ForeignKey(member.c.id, name="receipt_of_member"), nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column(
        "membership_id", ForeignKey(membership.c.id, name="receipt_of_membership"), nullable=False
    ),
    Column("act", Text, nullable=False),
    Column("member_number", Text, nullable=False),
    Column("plan_name", Text, nullable=False),
    Column("wish", Text, nullable=False),
    Column("declared_at", INSTANT, nullable=False),
    Column("declared_by", Text, nullable=False),
    Column("ends_at", INSTANT),
    Column("given_back_days", Integer),
    Column("of_days", Integer),
    Column("request_id", Uuid),
    Index("receipt_of_request", "request_id", "membership_id", unique=True),
    Index("receipt_membership", "membership_id"),
)

leaving_request = Table(
    "leaving_request",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("act", Text, nullable=False),
    Column("claim", LargeBinary, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("member_ids", ARRAY(Uuid)),
    Index("leaving_request_expires", "expires_at"),
    Index("leaving_request_organisation", "organisation_id", "created_at"),
)
