"""The tables of the schema `integrations`; the migrations are what makes them."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
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

from gymhopper.chassis.columns import INSTANT

metadata = MetaData(schema="integrations")

_PENDING = text("status = 'pending'")

endpoint = Table(
    "endpoint",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("event_types", ARRAY(Text, as_tuple=True), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("status", Text, nullable=False),
    Column("disabled_reason", Text),
    Column("disabled_at", INSTANT),
    Column("previous_secret", LargeBinary),
    Column("previous_until", INSTANT),
    Column("failures", Integer, nullable=False),
    Column("failing_since", INSTANT),
    Column("not_before", INSTANT),
    Column("version", Integer, nullable=False),
    CheckConstraint("status IN ('enabled', 'disabled')", name="endpoint_status"),
    CheckConstraint(
        "disabled_reason IN ('by_hand', 'gone', 'failing')", name="endpoint_disabled_reason"
    ),
    Index("endpoint_organisation", "organisation_id", "id"),
)

message = Table(
    "message",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_at", INSTANT, nullable=False),
    Column("stored_at", INSTANT, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("event_id", "organisation_id", name="message_once"),
    Index("message_occurred_at", "organisation_id", "occurred_at"),
    Index("message_stored_at", "stored_at"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("endpoint_id", ForeignKey(endpoint.c.id, ondelete="CASCADE"), nullable=False),
    Column("message_id", ForeignKey(message.c.id, ondelete="CASCADE"), nullable=False),
    Column("webhook_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", INSTANT),
    Column("give_up_at", INSTANT),
    Column("created_at", INSTANT, nullable=False),
    Column("finished_at", INSTANT),
    CheckConstraint("status IN ('pending', 'delivered', 'failed')", name="delivery_status"),
    UniqueConstraint("endpoint_id", "message_id", name="delivery_once"),
    Index("delivery_message", "message_id"),
    Index("delivery_log", "endpoint_id", "id"),
    Index("delivery_due", "endpoint_id", "due_at", postgresql_where=_PENDING),
    Index("delivery_given_up", "give_up_at", postgresql_where=_PENDING),
)

attempt = Table(
    "attempt",
    metadata,
    Column("delivery_id", ForeignKey(delivery.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("started_at", INSTANT, nullable=False),
    Column("milliseconds", Integer),
    Column("outcome", Text),
    Column("status_code", Integer),
    Column("answer", Text),
)
