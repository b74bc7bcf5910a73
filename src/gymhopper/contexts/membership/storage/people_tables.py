"""The tables of what a gym notes of its people; part of the schema `membership`."""

from sqlalchemy import (
    Boolean,
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
from gymhopper.contexts.membership.storage.tables import member, metadata

note = Table(
    "note",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("member_id", ForeignKey(member.c.id, name="note_about_member"), nullable=False),
    Column("text", Text, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("written_at", INSTANT, nullable=False),
    Column("written_by", Text, nullable=False),
    Index("note_member", "member_id", "id"),
)

emergency_contact = Table(
    "emergency_contact",
    metadata,
    Column("id", ForeignKey(member.c.id, name="emergency_contact_of_member"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", INSTANT, nullable=False),
)

merged_member = Table(
    "merged_member",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("into_member_id", ForeignKey(member.c.id, name="merged_into_member"), nullable=False),
    Column("into_person_id", Uuid, nullable=False),
    Column("number", Text, nullable=False),
    Column("external_ref", Text),
    Column("registered_at", INSTANT, nullable=False),
    Column("merged_at", INSTANT, nullable=False),
    Column("merged_by", Text, nullable=False),
    Index("merged_member_into", "into_member_id"),
    Index("merged_member_person", "organisation_id", "person_id"),
    Index("merged_member_ref", "organisation_id", "external_ref"),
)

guardianship = Table(
    "guardianship",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column(
        "guardian_member_id", ForeignKey(member.c.id, name="guardianship_by_member"), nullable=False
    ),
    Column("guardian_person_id", Uuid, nullable=False),
    Column(
        "dependent_member_id",
        ForeignKey(member.c.id, name="guardianship_of_member"),
        nullable=False,
    ),
    Column("dependent_person_id", Uuid, nullable=False),
    Column("began_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Index(
        "guardianship_live",
        "dependent_member_id",
        "guardian_member_id",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("guardianship_guardian", "guardian_member_id"),
    Index("guardianship_guardian_person", "guardian_person_id"),
    Index(
        "guardianship_dependent_person",
        "dependent_person_id",
        postgresql_where=text("ended_at IS NULL"),
    ),
)
