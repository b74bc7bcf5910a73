"""The tables of the schema `identity`; the migrations are what makes them."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)

from gymhopper.chassis.columns import INSTANT

metadata = MetaData(schema="identity")

api_key = Table(
    "api_key",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text, as_tuple=True), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT),
    Column("revoked_at", INSTANT),
    Column("last_used_at", INSTANT),
    Column("version", Integer, nullable=False),
    Column("former_prefix", Text, unique=True),
    Column("former_hash", LargeBinary),
    Column("former_until", INSTANT),
    CheckConstraint(
        "num_nulls(former_prefix, former_hash, former_until) IN (0, 3)", name="api_key_former"
    ),
    CheckConstraint("kind IN ('staff', 'partner', 'service')", name="api_key_kind"),
    Index("api_key_organisation", "organisation_id", "id"),
)

account = Table(
    "account",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", LargeBinary),
    Column("email_index", LargeBinary),
    Column("email_confirmed_at", INSTANT),
    Column("name", LargeBinary),
    Column("password_hash", Text),
    Column("status", Text, nullable=False),
    Column("administrator", Boolean, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("status IN ('active', 'closed')", name="account_status"),
    CheckConstraint("num_nulls(email, email_index) IN (0, 2)", name="account_email_whole"),
    Index("account_email", "email_index", unique=True, postgresql_where=text("status = 'active'")),
)

session = Table(
    "session",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("identity.account.id"), nullable=False),
    Column("client", Text, nullable=False),
    Column("hash", LargeBinary),
    Column("methods", ARRAY(Text, as_tuple=True), nullable=False),
    Column("device_name", Text, nullable=False),
    Column("address", Text),
    Column("created_at", INSTANT, nullable=False),
    Column("last_seen_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("ended_because", Text),
    Column("version", Integer, nullable=False),
    CheckConstraint("client IN ('browser', 'program')", name="session_client"),
    Index("session_account", "account_id", "id"),
    Index("session_expires_at", "expires_at"),
)

token_grant = Table(
    "token_grant",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column(
        "session_id", Uuid, ForeignKey("identity.session.id", ondelete="CASCADE"), nullable=False
    ),
    Column("access_hash", LargeBinary, nullable=False),
    Column("access_expires_at", INSTANT, nullable=False),
    Column("refresh_hash", LargeBinary, nullable=False),
    Column("refresh_expires_at", INSTANT, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("used_at", INSTANT),
    Column("successor_id", Uuid),
    Index("token_grant_session", "session_id", "id"),
)

pending_sign_in = Table(
    "pending_sign_in",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("identity.account.id"), nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("method", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("wrong_codes", Integer, nullable=False),
    Column("used_at", INSTANT),
    Index("pending_sign_in_expires_at", "expires_at"),
)

known_device = Table(
    "known_device",
    metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("identity.account.id"), primary_key=True),
    Column("last_seen_at", INSTANT, nullable=False),
    Index("known_device_account", "account_id"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("level", Double, nullable=False),
    Column("at", INSTANT, nullable=False),
    Index("attempt_at", "at"),
)

email_link = Table(
    "email_link",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("account_id", Uuid, ForeignKey("identity.account.id")),
    Column("hash", LargeBinary),
    Column("email", LargeBinary, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("used_at", INSTANT),
    CheckConstraint(
        "purpose IN ('register', 'sign_in', 'password', 'email')", name="email_link_purpose"
    ),
    Index("email_link_account", "account_id"),
    Index("email_link_expires_at", "expires_at"),
)

mail = Table(
    "mail",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("template", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("address", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT),
    Index("mail_created_at", "created_at"),
)
