"""The tables of the schema `access`, and the mapping of its aggregates to them."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry

from gymhopper.contexts.access.domain.holdings import Holding
from gymhopper.contexts.access.domain.places import Area, Device, Door

metadata = sa.MetaData(schema="access")


def _id(
    name: str = "id", *, nullable: bool = False, primary_key: bool = False, of: str | None = None
) -> sa.Column[UUID]:
    references = [sa.ForeignKey(f"access.{of}.id")] if of else []
    return sa.Column(name, sa.Uuid, *references, nullable=nullable, primary_key=primary_key)


def _text(name: str, *, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, primary_key=primary_key)


def _cell() -> sa.Column[str]:
    return sa.Column("cell", sa.Text, sa.ForeignKey("access.cell.name"), primary_key=True)


def _when(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


cell = sa.Table(
    "cell",
    metadata,
    _text("name", primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False, server_default="0"),
    _id("generation"),
)
feed = sa.Table(
    "feed",
    metadata,
    _cell(),
    _text("kind", primary_key=True),
    sa.Column("key", sa.LargeBinary, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("payload", sa.LargeBinary),
)
location = sa.Table(
    "location",
    metadata,
    _id(primary_key=True),
    _id("organisation_id"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", JSONB, nullable=False),
)
area = sa.Table(
    "area",
    metadata,
    _id(primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    _id("organisation_id"),
    _id("location_id", of="location"),
    _text("name"),
)
door = sa.Table(
    "door",
    metadata,
    _id(primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    _id("organisation_id"),
    _id("location_id", of="location"),
    _id("area_id", nullable=True, of="area"),
    _text("name"),
    _text("direction"),
    _text("mode"),
    sa.Column("reports_passage", sa.Boolean, nullable=False),
    sa.Column("debounce_seconds", sa.Integer, nullable=False),
    sa.Column("same_visit_seconds", sa.Integer, nullable=False),
    sa.Column("hold_seconds", sa.Integer, nullable=False),
    sa.Column("accepts", ARRAY(sa.Text), nullable=False),
)
device = sa.Table(
    "device",
    metadata,
    _id(primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    _id("organisation_id"),
    _id("location_id", of="location"),
    _text("name"),
    _text("status"),
    sa.Column("door_ids", ARRAY(sa.Uuid), nullable=False),
    sa.Column("public_key", sa.LargeBinary),
    sa.Column("code_hash", sa.LargeBinary),
    _when("code_expires_at"),
)
credential = sa.Table(
    "credential",
    metadata,
    _id(primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    _id("organisation_id"),
    _id("person_id"),
    _text("kind"),
    sa.Column("key", sa.LargeBinary, nullable=False),
    _text("ending"),
    _when("start"),
    _when("until"),
    _when("revoked_at"),
)
entitlement = sa.Table(
    "entitlement",
    metadata,
    _id("membership_id", primary_key=True),
    _id("person_id"),
    _id("organisation_id"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", JSONB, nullable=False),
)
booking = sa.Table(
    "booking",
    metadata,
    _id("booking_id", primary_key=True),
    _id("person_id"),
    _id("membership_id", nullable=True),
    _id("host_organisation_id"),
    _id("home_organisation_id"),
    _id("location_id"),
    _id("area_id", nullable=True),
    _text("zone"),
    _when("enter_from", nullable=False),
    _when("enter_until", nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
)
merged_person = sa.Table(
    "merged_person",
    metadata,
    _id("organisation_id", primary_key=True),
    _id("person_id", primary_key=True),
    _id("into_member_id"),
    _id("into_person_id"),
)
waiver_version = sa.Table(
    "waiver_version",
    metadata,
    _id("waiver_id", primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    _id("organisation_id"),
    _when("enforced_at", nullable=False),
)
waiver_signature = sa.Table(
    "waiver_signature",
    metadata,
    _id(primary_key=True),
    _id("organisation_id"),
    _id("person_id"),
    _id("waiver_id"),
    sa.Column("number", sa.Integer, nullable=False),
    _when("start", nullable=False),
    _when("until"),
)
journal = sa.Table(
    "journal",
    metadata,
    sa.Column("entry", sa.BigInteger, nullable=False),
    _when("at", nullable=False),
    _text("cell"),
    _text("kind"),
    _id("decision_id"),
    _id("host_organisation_id"),
    _id("home_organisation_id", nullable=True),
    _id("location_id"),
    _id("door_id"),
    _id("device_id"),
    _id("person_id", nullable=True),
    _text("outcome"),
    _text("code"),
    _id("visit_id", nullable=True),
    sa.Column("record", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)
visit = sa.Table(
    "visit",
    metadata,
    _id("id"),
    _when("at", nullable=False),
    _id("person_id"),
    _id("membership_id", nullable=True),
    _id("host_organisation_id"),
    _id("home_organisation_id", nullable=True),
    _id("location_id"),
    _id("door_id"),
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("month", sa.Integer, nullable=False),
    sa.Column("entry", sa.BigInteger, nullable=False),
    sa.Column("on_credit", sa.Boolean, nullable=False),
    sa.Column("week", sa.Integer, nullable=False),
    sa.Column("cycle", sa.Integer, nullable=False),
    _id("booking_id", nullable=True),
)
drain = sa.Table(
    "drain",
    metadata,
    _cell(),
    _text("stream_id"),
    sa.Column("entry", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)

_mapper = registry()
_mapper.map_imperatively(Area, area)
_mapper.map_imperatively(Door, door)
_mapper.map_imperatively(Device, device)
_mapper.map_imperatively(Holding, credential)
