"""Leaving without signing in: what was asked for, until its link has expired."""

from alembic import op

revision = "membership_0014"
down_revision = "membership_0013"

SQL = """
CREATE TABLE membership.leaving_request (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    act text NOT NULL CHECK (act IN ('cancellation', 'withdrawal')),
    claim bytea NOT NULL,
    language text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    member_ids uuid[]
);
CREATE INDEX leaving_request_expires ON membership.leaving_request (expires_at);
CREATE INDEX leaving_request_organisation
    ON membership.leaving_request (organisation_id, created_at);
ALTER TABLE membership.leaving_request ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.leaving_request USING (chassis.acts_for(organisation_id));

-- By which link it was declared: a link declares the same thing once.
ALTER TABLE membership.receipt ADD COLUMN request_id uuid;
CREATE UNIQUE INDEX receipt_of_request ON membership.receipt (request_id, membership_id);
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP INDEX membership.receipt_of_request")
    op.execute("ALTER TABLE membership.receipt DROP COLUMN request_id")
    op.execute("DROP TABLE membership.leaving_request")
