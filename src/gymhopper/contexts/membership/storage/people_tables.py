"""The tables of what a gym notes of its people; part of the schema `membership`."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid

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
