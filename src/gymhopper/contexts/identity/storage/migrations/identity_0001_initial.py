"""API keys."""

from alembic import op

revision = "identity_0001"
down_revision = None

SQL = """
CREATE TABLE identity.api_key (
    id uuid PRIMARY KEY,
    organisation_id uuid,
    name text NOT NULL,
    kind text NOT NULL CONSTRAINT api_key_kind CHECK (kind IN ('staff', 'partner', 'service')),
    prefix text NOT NULL UNIQUE,
    hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX api_key_organisation ON identity.api_key (organisation_id, id);

-- A platform administrator's key has no organisation, so that no organisation sees it.
ALTER TABLE identity.api_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.api_key USING (chassis.acts_for(organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE identity.api_key")
