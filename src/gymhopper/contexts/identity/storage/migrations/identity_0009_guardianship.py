"""Guardians, whose accounts act for their dependents."""

from alembic import op

revision = "identity_0009"
down_revision = "identity_0008"

SQL = """
-- A copy of what membership says; `version` is that of membership's guardianship.
CREATE TABLE identity.guardianship (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    guardian_person_id uuid NOT NULL,
    dependent_person_id uuid NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX guardianship_guardian
    ON identity.guardianship (guardian_person_id, organisation_id) WHERE ended_at IS NULL;
CREATE INDEX guardianship_dependent
    ON identity.guardianship (dependent_person_id) WHERE ended_at IS NULL;
ALTER TABLE identity.guardianship ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.guardianship USING (chassis.acts_for(organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE identity.guardianship")
