"""Employees and assignments."""

from alembic import op

revision = "staff_0001"
down_revision = None

SQL = """
CREATE TABLE staff.employee (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    first_name text NOT NULL,
    last_name text NOT NULL,
    contact bytea NOT NULL,
    created_at timestamptz NOT NULL,
    version integer NOT NULL,
    CONSTRAINT employee_of_organisation UNIQUE (organisation_id, id)
);

CREATE TABLE staff.assignment (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    employee_id uuid NOT NULL,
    role text NOT NULL,
    legal_entity_id uuid,
    location_id uuid,
    start_at timestamptz NOT NULL,
    until_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT assignment_employee FOREIGN KEY (organisation_id, employee_id)
        REFERENCES staff.employee (organisation_id, id),
    CONSTRAINT assignment_dates CHECK (until_at >= start_at),
    CONSTRAINT assignment_place CHECK (location_id IS NULL OR legal_entity_id IS NOT NULL)
);
CREATE INDEX assignment_of_organisation ON staff.assignment (organisation_id, id);
CREATE INDEX assignment_of_employee ON staff.assignment (employee_id);

ALTER TABLE staff.employee ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON staff.employee USING (chassis.acts_for(organisation_id));
ALTER TABLE staff.assignment ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON staff.assignment USING (chassis.acts_for(organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE staff.assignment, staff.employee")
