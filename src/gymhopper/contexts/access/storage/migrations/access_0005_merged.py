"""People whom an organisation found to be one."""

from alembic import op

revision = "access_0005"
down_revision = "access_0004"

SQL = """
-- News about the former person may come after the merge: they are about the other one.
CREATE TABLE access.merged_person (
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    into_member_id uuid NOT NULL,
    into_person_id uuid NOT NULL,
    PRIMARY KEY (organisation_id, person_id)
);
CREATE INDEX merged_person_former ON access.merged_person (person_id);
CREATE INDEX merged_person_into ON access.merged_person (organisation_id, into_person_id);
ALTER TABLE access.merged_person ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON access.merged_person USING (chassis.acts_for(organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE access.merged_person")
