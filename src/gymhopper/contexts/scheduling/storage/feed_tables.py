"""The table of calendar feeds; part of the schema `scheduling`."""

from sqlalchemy import Column, Date, LargeBinary, Table, Text, Uuid

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.scheduling.storage.tables import metadata

feed = Table(
    "feed",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("person_id", Uuid),
    Column("instructor_id", Uuid),
    Column("location_id", Uuid),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("revoked_at", INSTANT),
    Column("last_read_on", Date),
)
