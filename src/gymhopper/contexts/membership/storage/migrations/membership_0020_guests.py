"""Passes of members' guests."""

from alembic import op

revision = "membership_0020"
down_revision = "membership_0019"

SQL = """
CREATE TABLE membership.guest_pass (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    membership_id uuid NOT NULL
        CONSTRAINT guest_of_membership REFERENCES membership.membership (id),
    member_id uuid NOT NULL CONSTRAINT guest_is_member REFERENCES membership.member (id),
    person_id uuid NOT NULL,
    first_day date NOT NULL,
    start_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL CHECK (until_at > start_at),
    host_inside boolean NOT NULL,
    issued_at timestamptz NOT NULL,
    issued_by text NOT NULL,
    withdrawn_at timestamptz,
    used_at timestamptz,
    visit_id uuid
);
CREATE INDEX guest_pass_membership ON membership.guest_pass (membership_id, id);
CREATE INDEX guest_pass_member ON membership.guest_pass (member_id);
ALTER TABLE membership.guest_pass ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.guest_pass USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.guest_pass
    FOR SELECT USING (chassis.acts_as(person_id, organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE membership.guest_pass")
