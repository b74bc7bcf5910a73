"""Codes that let members into households."""

from alembic import op

revision = "membership_0025"
down_revision = "membership_0024"

SQL = """
CREATE TABLE membership.household_invitation (
    id uuid PRIMARY KEY,
    household_id uuid NOT NULL
        CONSTRAINT invitation_into_household REFERENCES membership.household (id),
    organisation_id uuid NOT NULL,
    -- Keyed: whoever reads the table finds no code by trying all.
    digest bytea NOT NULL,
    uses integer NOT NULL CHECK (uses > 0),
    used integer NOT NULL CHECK (used BETWEEN 0 AND uses),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX household_invitation_household ON membership.household_invitation (household_id, id);
CREATE UNIQUE INDEX household_invitation_digest ON membership.household_invitation (digest);

-- Members come to it as the gym, once it is certain what they may do.
ALTER TABLE membership.household_invitation ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.household_invitation
    USING (chassis.acts_for(organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE membership.household_invitation")
