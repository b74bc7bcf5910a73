"""The tables of the schema `membership`, equal to what its migrations build."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gymhopper.chassis.columns import INSTANT, JsonOf
from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.domain.offer import Offer
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.contracts.membership.discount import Discount
from gymhopper.contracts.membership.events import Home

metadata = MetaData(schema="membership")

person = Table(
    "person",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("first_folded", Text, nullable=False),
    Column("last_folded", Text, nullable=False),
    Column("contact", LargeBinary),
    Column("identity", LargeBinary),
    Column("email_index", LargeBinary),
    Column("phone_index", LargeBinary),
    Column("birth_date_index", LargeBinary),
    Column("created_at", INSTANT, nullable=False),
    Index("person_email", "email_index"),
    Index("person_phone", "phone_index"),
    Index("person_birth_date", "birth_date_index"),
)

person_key = Table(
    "person_key",
    metadata,
    Column(
        "person_id",
        ForeignKey(person.c.id, name="key_of_person", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("class", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

member = Table(
    "member",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", ForeignKey(person.c.id, name="member_of_person"), nullable=False),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("external_ref", Text),
    Column("registered_at", INSTANT, nullable=False),
    UniqueConstraint("organisation_id", "number", name="member_number_once"),
    UniqueConstraint("organisation_id", "external_ref", name="member_external_ref_once"),
    UniqueConstraint("organisation_id", "person_id", name="member_person_once"),
    Index("member_person", "person_id"),
)

member_number = Table(
    "member_number",
    metadata,
    Column("organisation_id", Uuid, primary_key=True),
    Column("last", Integer, nullable=False),
)

member_search = Table(
    "member_search",
    metadata,
    Column(
        "member_id",
        ForeignKey(member.c.id, name="search_of_member", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("person_id", Uuid, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("last_name", Text(collation="C"), nullable=False),
    Column("first_name", Text(collation="C"), nullable=False),
    Column("number", Text(collation="C"), nullable=False),
    Column("words", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Index("member_search_person", "person_id"),
    Index("member_search_number", "organisation_id", "number"),
    Index("member_search_last", "organisation_id", "last_name", "first_name", "member_id"),
    Index("member_search_first", "organisation_id", "first_name", "last_name", "member_id"),
    Index("member_search_words", "organisation_id", "words", postgresql_using="gin"),
    Index(
        "member_search_tags",
        "organisation_id",
        "tags",
        postgresql_using="gin",
        postgresql_where=text("tags <> '{}'"),
    ),
)

visibility = Table(
    "visibility",
    metadata,
    Column("organisation_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("visitor_id", Uuid, nullable=False),
    Column("since", INSTANT, nullable=False),
    Column("last", INSTANT, nullable=False),
    Column("because", Text, nullable=False),
    Index("visibility_last", "organisation_id", "last", "visitor_id"),
)

plan = Table(
    "plan",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("legal_entity_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("coverage", JsonOf(Coverage), nullable=False),
    Column("interval", Text, nullable=False),
    Column("interval_count", Integer, nullable=False),
    Column("entry_grace_days", Integer, nullable=False),
    Column("freeze_rules", JsonOf(FreezeRules), nullable=False),
    Column("zone", Text, nullable=False),
    Column("offer", JsonOf(Offer), nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("conditions", JsonOf(Conditions), nullable=False),
    *(Column(name, Date) for name in ("on_sale_from", "on_sale_until")),
    Index("plan_organisation", "organisation_id", "id"),
)

price = Table(
    "price",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("plan_id", ForeignKey(plan.c.id, name="price_of_plan"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("channel", Text),
    Column("created_at", INSTANT, nullable=False),
    Column("location_id", Uuid),
    Column("country", Text),
    Column("city", Text),
    Column("joining_fee_amount", BigInteger),
    Column("tax_included", Boolean, nullable=False),
    Index("price_plan", "plan_id"),
)

membership = Table(
    "membership",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("member_id", ForeignKey(member.c.id, name="membership_of_member"), nullable=False),
    Column("person_id", ForeignKey(person.c.id, name="membership_of_person"), nullable=False),
    Column("plan_id", ForeignKey(plan.c.id, name="membership_from_plan"), nullable=False),
    Column("legal_entity_id", Uuid, nullable=False),
    Column("plan_name", Text, nullable=False),
    Column("coverage", JsonOf(Coverage), nullable=False),
    Column("interval", Text, nullable=False),
    Column("interval_count", Integer, nullable=False),
    Column("zone", Text, nullable=False),
    Column("entry_grace_days", Integer, nullable=False),
    Column("freeze_rules", JsonOf(FreezeRules), nullable=False),
    Column("price_id", ForeignKey(price.c.id, name="membership_at_price"), nullable=False),
    Column("price_amount", BigInteger, nullable=False),
    Column("price_currency", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("purchased_at", INSTANT, nullable=False),
    Column("offer", JsonOf(Offer), nullable=False),
    Column("joining_fee_amount", BigInteger),
    Column("discount", JsonOf(Discount)),
    Column("tax_included", Boolean, nullable=False),
    Column("runs_until", INSTANT),
    Column("credits", Integer),
    Column("credit_visits", Integer, nullable=False),
    Column("credit_overdrawn", Integer, nullable=False),
    Column("contract", Text, nullable=False),
    Column("start_at", INSTANT),
    Column("end_at", INSTANT),
    Column("end_reason", Text),
    Column("paid_from", INSTANT),
    Column("paid_since", INSTANT),
    Column("paid_until", INSTANT),
    Column("cancelled_at", INSTANT),
    Column("cancellation_reason", Text),
    Column("collection_ends_at", INSTANT),
    Column("collection_announced", Boolean, nullable=False),
    Column("collection_ended", Boolean, nullable=False),
    Column("terminated_at", INSTANT),
    Column("closed_at", INSTANT),
    Column("closed_reason", Text),
    Column("overdue_since", INSTANT),
    Column("owed", BigInteger),
    Column("withdrawn_at", INSTANT),
    Column("debt_stage", Text),
    Column("payer_kind", Text, nullable=False),
    Column("payer_id", Uuid),
    Column("sponsor_suspended_at", INSTANT),
    Column("transferred_at", INSTANT),
    *(Column(name, Uuid) for name in ("transferred_to", "transferred_from")),
    Column("transfer_reason", Text),
    Column("conditions", JsonOf(Conditions), nullable=False),
    Column("homes", JsonOf(tuple[Home, ...]), nullable=False),
    *(Column(name, Date) for name in ("cycle_from", "terms_from", "bound_until")),
    Index("membership_member", "member_id"),
    Index("membership_person", "person_id"),
    Index("membership_plan", "plan_id", "id"),
)

price_run = Table(
    "price_run",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("plan_id", ForeignKey(plan.c.id, name="run_of_plan"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("started_at", INSTANT, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("last_id", Uuid),
)

price_change = Table(
    "price_change",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column(
        "membership_id", ForeignKey(membership.c.id, name="change_of_membership"), nullable=False
    ),
    Column("run_id", ForeignKey(price_run.c.id, name="change_of_run")),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("effective_at", INSTANT, nullable=False),
    Column("reason", Text, nullable=False),
    Column("announced_at", INSTANT, nullable=False),
    Column("announced_by", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("previous_amount", BigInteger),
    Column("settled_at", INSTANT),
    Index("price_change_membership", "membership_id", "id"),
    Index("price_change_run", "run_id"),
    Index(
        "price_change_to_come",
        "membership_id",
        unique=True,
        postgresql_where=text("status = 'announced'"),
    ),
)

credit_lot = Table(
    "credit_lot",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("membership_id", ForeignKey(membership.c.id, name="lot_of_membership"), nullable=False),
    Column("source", Text, nullable=False),
    Column("cause", Uuid, nullable=False),
    Column("units", Integer, nullable=False),
    Column("price_amount", BigInteger, nullable=False),
    Column("price_currency", Text, nullable=False),
    Column("tax_code", Text, nullable=False),
    Column("visits", Boolean, nullable=False),
    Column("class_types", JsonOf(tuple[UUID, ...])),
    Column("granted_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT),
    Column("lasts_from_use", Boolean, nullable=False),
    Column("left_units", Integer, nullable=False),
    Column("expired_units", Integer, nullable=False),
    UniqueConstraint("membership_id", "source", "cause", name="credit_lot_once"),
)

credit_entry = Table(
    "credit_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column(
        "membership_id", ForeignKey(membership.c.id, name="entry_of_membership"), nullable=False
    ),
    Column("lot_id", ForeignKey(credit_lot.c.id, name="entry_of_lot")),
    Column("kind", Text, nullable=False),
    Column("units", Integer, nullable=False),
    Column("cause", Uuid, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("recorded_at", INSTANT, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("booking_version", Integer),
    Index("credit_entry_membership", "membership_id", "id"),
)

Index(
    "credit_entry_once",
    *(credit_entry.c[name] for name in ("membership_id", "kind", "cause")),
    unique=True,
    postgresql_where=credit_entry.c.booking_version.is_(None),
)
Index(
    "credit_entry_of_booking_once",
    *(credit_entry.c[name] for name in ("membership_id", "cause", "booking_version", "kind")),
    credit_entry.c.lot_id,
    unique=True,
    postgresql_where=credit_entry.c.booking_version.is_not(None),
    postgresql_nulls_not_distinct=True,
)

overlay = Table(
    "overlay",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column(
        "membership_id", ForeignKey(membership.c.id, name="overlay_of_membership"), nullable=False
    ),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("start_at", INSTANT, nullable=False),
    Column("until_at", INSTANT),
    Column("stops_billing", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("stops_access", Boolean, nullable=False),
    Column("extends_term", Boolean, nullable=False),
    Column("fee_from", INSTANT),
    Column("fees_told", Integer, nullable=False),
    Index("overlay_membership", "membership_id"),
)

agreement = Table(
    "agreement",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("member_id", ForeignKey(member.c.id, name="agreement_of_member"), nullable=False),
    Column("membership_id", ForeignKey(membership.c.id, name="agreement_on_membership")),
    Column("terms", Text, nullable=False),
    Column("privacy", Text, nullable=False),
    Column("mandate", Text),
    Column("health_clearance", Text),
    Column("early_start", Boolean, nullable=False),
    Column("language", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("marketing", JSONB, nullable=False),
    Column("ip", Text),
    Column("agreed_at", INSTANT, nullable=False),
    Column("agreed_by", Text, nullable=False),
    Index("agreement_member", "member_id"),
)
