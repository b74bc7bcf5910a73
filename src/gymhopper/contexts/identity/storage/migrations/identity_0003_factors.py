"""Second factors, passkeys and subjects of OIDC providers."""

from alembic import op

revision = "identity_0003"
down_revision = "identity_0002"

TABLES = (
    "authenticator",
    "recovery_code",
    "passkey",
    "passkey_challenge",
    "oidc_subject",
)

SQL = """
-- Whoever came from a provider that is not trusted with addresses has none here.
ALTER TABLE identity.account
    ALTER COLUMN email DROP NOT NULL,
    ALTER COLUMN email_index DROP NOT NULL,
    ADD CONSTRAINT account_email_whole CHECK (num_nulls(email, email_index) IN (0, 2));

CREATE TABLE identity.authenticator (
    account_id uuid PRIMARY KEY REFERENCES identity.account,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL
);

CREATE TABLE identity.recovery_code (
    account_id uuid NOT NULL REFERENCES identity.account,
    index bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (account_id, index)
);

CREATE TABLE identity.passkey (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES identity.account,
    credential_id bytea NOT NULL UNIQUE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL,
    transports text[] NOT NULL,
    backed_up boolean NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    suspect_since timestamptz,
    version integer NOT NULL
);
CREATE INDEX passkey_account ON identity.passkey (account_id, id);

-- What a device is asked to sign, once and soon: to register it for an account, or to sign in.
CREATE TABLE identity.passkey_challenge (
    challenge bytea PRIMARY KEY,
    account_id uuid REFERENCES identity.account,
    expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_challenge_expires_at ON identity.passkey_challenge (expires_at);

CREATE TABLE identity.oidc_subject (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES identity.account,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    CONSTRAINT oidc_subject_of_issuer UNIQUE (issuer, subject)
);
CREATE INDEX oidc_subject_account ON identity.oidc_subject (account_id, id);
"""

# As with accounts: they belong to no organisation.
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
    op.execute(
        "ALTER TABLE identity.account DROP CONSTRAINT account_email_whole,"
        " ALTER COLUMN email SET NOT NULL, ALTER COLUMN email_index SET NOT NULL"
    )
