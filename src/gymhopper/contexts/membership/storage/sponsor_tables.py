"""The tables of sponsors and their rosters; part of the schema `membership`."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from gymhopper.chassis.columns import INSTANT, JsonOf
from gymhopper.contexts.membership.domain.sponsor import Agreed
from gymhopper.contexts.membership.domain.sponsor_terms import SponsorTerms
from gymhopper.contexts.membership.storage.tables import member, membership, metadata, plan, price

sponsor = Table(
    "sponsor",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("plan_id", ForeignKey(plan.c.id, name="sponsor_of_plan"), nullable=False),
    Column("price_id", ForeignKey(price.c.id, name="sponsor_at_price"), nullable=False),
    Column("opened_at", INSTANT, nullable=False),
    Column("suspended_at", INSTANT),
    Column("terms", JsonOf(SponsorTerms)),
    Column("overdue_since", INSTANT),
    Column("owed", BigInteger, nullable=False),
    Column("currency", Text),
    Column("debt_stage", Text),
    Index("sponsor_organisation", "organisation_id", "id"),
)

roster = Table(
    "roster",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("sponsor_id", ForeignKey(sponsor.c.id, name="roster_of_sponsor"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("agreed", JsonOf(Agreed), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("submitted_at", INSTANT),
    Column("finished_at", INSTANT),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("ended", Integer, nullable=False),
    Index("roster_sponsor", "sponsor_id", "id"),
)

roster_entry = Table(
    "roster_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("roster_id", ForeignKey(roster.c.id, name="entry_of_roster"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("sealed", LargeBinary),
    Column("outcome", Text),
    Column("code", Text),
    UniqueConstraint("roster_id", "external_id", name="roster_entry_once"),
    UniqueConstraint("roster_id", "number", name="roster_entry_number"),
)

sponsored = Table(
    "sponsored",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("sponsor_id", ForeignKey(sponsor.c.id, name="sponsored_by_sponsor"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("member_id", ForeignKey(member.c.id, name="sponsored_member"), nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column(
        "membership_id", ForeignKey(membership.c.id, name="sponsored_membership"), nullable=False
    ),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    UniqueConstraint("sponsor_id", "external_id", name="sponsored_once"),
    Index("sponsored_member_id", "member_id"),
)
