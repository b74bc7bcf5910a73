"""The tables of the schema `venues`; the migrations are what makes them."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from gymhopper.chassis.columns import INSTANT, JsonOf
from gymhopper.contexts.venues.domain.organisation import Address, TaxId
from gymhopper.contracts.venues.events import DayHours
from gymhopper.kernel.calendar import Hours

metadata = MetaData(schema="venues")

organisation = Table(
    "organisation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("external_ref", Text),
    Column("created_at", INSTANT, nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("kind IN ('brand', 'operator')", name="organisation_kind"),
    UniqueConstraint("external_ref", name="organisation_external_ref"),
)

legal_entity = Table(
    "legal_entity",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey(organisation.c.id), nullable=False),
    Column("name", Text, nullable=False),
    Column("address", JsonOf[Address](Address)),
    Column("tax_ids", JsonOf[tuple[TaxId, ...]](tuple[TaxId, ...]), nullable=False),
    Column("country", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("external_ref", Text),
    Column("created_at", INSTANT, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("organisation_id", "id", name="legal_entity_of_organisation"),
    UniqueConstraint("organisation_id", "external_ref", name="legal_entity_external_ref"),
)

calendar = Table(
    "calendar",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey(organisation.c.id), nullable=False),
    Column("parent_id", Uuid),
    Column("name", Text, nullable=False),
    Column("weekly", JsonOf[tuple[Hours, ...]](tuple[Hours, ...])),
    Column("exceptions", JsonOf[tuple[DayHours, ...]](tuple[DayHours, ...]), nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("organisation_id", "id", name="calendar_of_organisation"),
    ForeignKeyConstraint(
        ["organisation_id", "parent_id"],
        ["venues.calendar.organisation_id", "venues.calendar.id"],
        name="calendar_parent",
    ),
    Index("calendar_parent_id", "parent_id"),
)

location = Table(
    "location",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey(organisation.c.id), nullable=False),
    Column("legal_entity_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("address", JsonOf[Address](Address)),
    Column("tier", SmallInteger, nullable=False),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("calendar_id", Uuid),
    Column("weekly", JsonOf[tuple[Hours, ...]](tuple[Hours, ...])),
    Column("exceptions", JsonOf[tuple[DayHours, ...]](tuple[DayHours, ...]), nullable=False),
    Column("rollover_hour", SmallInteger),
    Column("staffed_weekly", JsonOf[tuple[Hours, ...]](tuple[Hours, ...])),
    Column(
        "staffed_exceptions",
        JsonOf[tuple[DayHours, ...]](tuple[DayHours, ...]),
        nullable=False,
        server_default=text("'[]'"),
    ),
    Column("status", Text, nullable=False),
    Column("external_ref", Text),
    Column("created_at", INSTANT, nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("status IN ('open', 'closed')", name="location_status"),
    UniqueConstraint("organisation_id", "external_ref", name="location_external_ref"),
    ForeignKeyConstraint(
        ["organisation_id", "legal_entity_id"],
        ["venues.legal_entity.organisation_id", "venues.legal_entity.id"],
        name="location_legal_entity",
    ),
    ForeignKeyConstraint(
        ["organisation_id", "calendar_id"],
        ["venues.calendar.organisation_id", "venues.calendar.id"],
        name="location_calendar",
    ),
    Index("location_city", "city", "id"),
    Index("location_organisation", "organisation_id", "id"),
    Index("location_calendar_id", "calendar_id"),
)
