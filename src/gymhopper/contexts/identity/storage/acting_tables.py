"""The tables that say for whom accounts act; part of the schema `identity`."""

from sqlalchemy import (
    CheckConstraint,
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
from gymhopper.contexts.identity.storage.tables import account, metadata, session

assignment = Table(
    "assignment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("employee_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("legal_entity_id", Uuid),
    Column("location_id", Uuid),
    Column("start_at", INSTANT, nullable=False),
    Column("until_at", INSTANT),
    Column("version", Integer, nullable=False),
    Index("assignment_employee", "employee_id"),
)

employee_link = Table(
    "employee_link",
    metadata,
    Column("employee_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("account_id", Uuid, ForeignKey(account.c.id), nullable=False),
    Column("linked_at", INSTANT, nullable=False),
    Index("employee_link_account", "account_id"),
)

person_link = Table(
    "person_link",
    metadata,
    Column("account_id", Uuid, ForeignKey(account.c.id), primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, primary_key=True),
    Column("linked_at", INSTANT, nullable=False),
    Index("person_link_person", "person_id"),
)

merged_person = Table(
    "merged_person",
    metadata,
    Column("organisation_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("into_person_id", Uuid, nullable=False),
    Index("merged_person_into", "organisation_id", "into_person_id"),
)

guardianship = Table(
    "guardianship",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("guardian_person_id", Uuid, nullable=False),
    Column("dependent_person_id", Uuid, nullable=False),
    Column("began_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("version", Integer, nullable=False),
    Index(
        "guardianship_guardian",
        "guardian_person_id",
        "organisation_id",
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index(
        "guardianship_dependent",
        "dependent_person_id",
        postgresql_where=text("ended_at IS NULL"),
    ),
)

acting = Table(
    "acting",
    metadata,
    Column("session_id", Uuid, ForeignKey(session.c.id, ondelete="CASCADE"), primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("assignment_id", Uuid),
    Column("person_id", Uuid),
    Column("chosen_at", INSTANT, nullable=False),
    CheckConstraint("num_nonnulls(assignment_id, person_id) <= 1", name="acting_for_one"),
    Index("acting_account", "account_id", "chosen_at"),
)

invitation = Table(
    "invitation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("employee_id", Uuid),
    Column("member_id", Uuid),
    Column("person_id", Uuid),
    Column("email", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("accepted_at", INSTANT),
    Column("withdrawn_at", INSTANT),
    Column("version", Integer, nullable=False),
    CheckConstraint(
        "num_nonnulls(employee_id, member_id) = 1 AND num_nonnulls(member_id, person_id) IN (0, 2)",
        name="invitation_for_one",
    ),
    Index("invitation_organisation", "organisation_id", "id"),
)

impersonation = Table(
    "impersonation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("assignment_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("member_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("started_at", INSTANT, nullable=False),
    Column("until_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("version", Integer, nullable=False),
    Index(
        "impersonation_once", "session_id", unique=True, postgresql_where=text("ended_at IS NULL")
    ),
    Index("impersonation_person", "person_id", "id"),
)
