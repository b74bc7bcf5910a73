"""Bookings open doors, and visits name them."""

from alembic import op

revision = "access_0009"
down_revision = "access_0008"

SQL = """
-- Bookings of classes that are to come, or were a short time ago.
CREATE TABLE access.booking (
    booking_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    membership_id uuid,
    host_organisation_id uuid NOT NULL,
    home_organisation_id uuid NOT NULL,
    location_id uuid NOT NULL,
    area_id uuid,
    zone text NOT NULL,
    enter_from timestamptz NOT NULL,
    enter_until timestamptz NOT NULL,
    version integer NOT NULL,
    live boolean NOT NULL
);
CREATE INDEX booking_person ON access.booking (person_id);
CREATE INDEX booking_membership ON access.booking (membership_id) WHERE live;
CREATE INDEX booking_home ON access.booking (home_organisation_id, person_id) WHERE live;
CREATE INDEX booking_over ON access.booking (enter_until);
ALTER TABLE access.booking ENABLE ROW LEVEL SECURITY;
CREATE POLICY parties ON access.booking USING (
    chassis.acts_for(host_organisation_id) OR chassis.acts_for(home_organisation_id));
CREATE POLICY own ON access.booking FOR SELECT USING (
    chassis.acts_as(person_id, host_organisation_id)
    OR chassis.acts_as(person_id, home_organisation_id));
ALTER TABLE access.visit ADD COLUMN booking_id uuid;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE access.visit DROP COLUMN booking_id")
    op.execute("DROP TABLE access.booking")
