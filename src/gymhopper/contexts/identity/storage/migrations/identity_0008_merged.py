"""People whom an organisation found to be one."""

from alembic import op

revision = "identity_0008"
down_revision = "identity_0007"

SQL = """
-- Who accepts an invitation later acts for the survivor.
CREATE TABLE identity.merged_person (
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    into_person_id uuid NOT NULL,
    PRIMARY KEY (organisation_id, person_id)
);
CREATE INDEX merged_person_into ON identity.merged_person (organisation_id, into_person_id);
ALTER TABLE identity.merged_person ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.merged_person USING (chassis.acts_for(organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE identity.merged_person")
