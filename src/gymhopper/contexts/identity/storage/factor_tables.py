"""The tables of what accounts sign in with besides passwords."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.identity.storage.tables import metadata

authenticator = Table(
    "authenticator",
    metadata,
    Column("account_id", Uuid, ForeignKey("identity.account.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("confirmed_at", INSTANT),
    Column("last_step", BigInteger, nullable=False),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("account_id", Uuid, ForeignKey("identity.account.id"), primary_key=True),
    Column("index", LargeBinary, primary_key=True),
    Column("created_at", INSTANT, nullable=False),
    Column("used_at", INSTANT),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("identity.account.id"), nullable=False),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("transports", ARRAY(Text, as_tuple=True), nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("last_used_at", INSTANT),
    Column("suspect_since", INSTANT),
    Column("version", Integer, nullable=False),
    Index("passkey_account", "account_id", "id"),
)

passkey_challenge = Table(
    "passkey_challenge",
    metadata,
    Column("challenge", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("identity.account.id")),
    Column("expires_at", INSTANT, nullable=False),
    Index("passkey_challenge_expires_at", "expires_at"),
)

oidc_subject = Table(
    "oidc_subject",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("identity.account.id"), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("last_used_at", INSTANT, nullable=False),
    UniqueConstraint("issuer", "subject", name="oidc_subject_of_issuer"),
    Index("oidc_subject_account", "account_id", "id"),
)
