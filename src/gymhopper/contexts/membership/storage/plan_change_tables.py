"""The table of changes to another plan, as the migrations make it."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, Uuid, text

from gymhopper.chassis.columns import INSTANT, JsonOf
from gymhopper.contexts.membership.domain.next_terms import NextTerms
from gymhopper.contexts.membership.storage.tables import membership, metadata, plan

plan_change = Table(
    "plan_change",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column(
        "membership_id",
        ForeignKey(membership.c.id, name="plan_change_of_membership"),
        nullable=False,
    ),
    Column("plan_id", ForeignKey(plan.c.id, name="plan_change_to_plan"), nullable=False),
    Column("previous_plan_id", Uuid, nullable=False),
    Column("terms", JsonOf(NextTerms), nullable=False),
    Column("effective_at", INSTANT, nullable=False),
    Column("priced_at", INSTANT, nullable=False),
    Column("charged", BigInteger),
    Column("reason", Text, nullable=False),
    Column("requested_at", INSTANT, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("refusal", Text),
    Column("settled_at", INSTANT),
    Index("plan_change_membership", "membership_id", "id"),
    Index(
        "plan_change_to_come",
        "membership_id",
        unique=True,
        postgresql_where=text("status IN ('requested', 'scheduled')"),
    ),
)
