"""Accounts, sessions and what they sign in with."""

from alembic import op

revision = "identity_0002"
down_revision = "identity_0001"

TABLES = (
    "account",
    "session",
    "token_grant",
    "pending_sign_in",
    "known_device",
    "attempt",
    "email_link",
    "mail",
)

SQL = """
-- Addresses and names are sealed; the index is a keyed hash of the address.
CREATE TABLE identity.account (
    id uuid PRIMARY KEY,
    email bytea NOT NULL,
    email_index bytea NOT NULL,
    email_confirmed_at timestamptz,
    name bytea,
    password_hash text,
    status text NOT NULL CONSTRAINT account_status CHECK (status IN ('active', 'closed')),
    administrator boolean NOT NULL,
    language text NOT NULL,
    created_at timestamptz NOT NULL,
    version integer NOT NULL
);
-- A closed account leaves its address to whoever holds the mailbox.
CREATE UNIQUE INDEX account_email ON identity.account (email_index) WHERE status = 'active';

CREATE TABLE identity.session (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES identity.account,
    client text NOT NULL CONSTRAINT session_client CHECK (client IN ('browser', 'program')),
    hash bytea,
    methods text[] NOT NULL,
    device_name text NOT NULL,
    address text,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_because text,
    version integer NOT NULL
);
CREATE INDEX session_account ON identity.session (account_id, id);
CREATE INDEX session_expires_at ON identity.session (expires_at);

-- A program's tokens. Each refresh makes a new row; the chain of them is the session.
CREATE TABLE identity.token_grant (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES identity.session ON DELETE CASCADE,
    access_hash bytea NOT NULL,
    access_expires_at timestamptz NOT NULL,
    refresh_hash bytea NOT NULL,
    refresh_expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    successor_id uuid
);
CREATE INDEX token_grant_session ON identity.token_grant (session_id, id);

CREATE TABLE identity.pending_sign_in (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES identity.account,
    hash bytea NOT NULL,
    method text NOT NULL,
    client text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    wrong_codes integer NOT NULL,
    used_at timestamptz
);
CREATE INDEX pending_sign_in_expires_at ON identity.pending_sign_in (expires_at);

-- Browsers and programs that have signed in to an account: what strangers do does not hold them up.
CREATE TABLE identity.known_device (
    device_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES identity.account,
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, account_id)
);
CREATE INDEX known_device_account ON identity.known_device (account_id);

-- Buckets of wrong tries; the key is a hash of what is counted.
CREATE TABLE identity.attempt (
    key bytea PRIMARY KEY,
    level double precision NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX attempt_at ON identity.attempt (at);

-- Links that were sent by mail, each good once. Whoever follows one controls the mailbox.
CREATE TABLE identity.email_link (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CONSTRAINT email_link_purpose CHECK (
        purpose IN ('register', 'sign_in', 'password', 'email')),
    account_id uuid REFERENCES identity.account,
    hash bytea,
    email bytea NOT NULL,
    password_hash text,
    language text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX email_link_account ON identity.email_link (account_id);
CREATE INDEX email_link_expires_at ON identity.email_link (expires_at);

-- Mails that wait to be sent; the address and what the template fills in are sealed.
CREATE TABLE identity.mail (
    id uuid PRIMARY KEY,
    template text NOT NULL,
    language text NOT NULL,
    address bytea NOT NULL,
    content bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz
);
CREATE INDEX mail_created_at ON identity.mail (created_at);
"""

# Accounts belong to no organisation: only identity itself, which acts for all, sees them.
POLICIES = "".join(
    f"ALTER TABLE identity.{table} ENABLE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY platform ON identity.{table} USING (chassis.acts_for(NULL));\n"
    for table in TABLES
)


def upgrade() -> None:
    op.execute(SQL)
    op.execute(POLICIES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE identity.{table}")
