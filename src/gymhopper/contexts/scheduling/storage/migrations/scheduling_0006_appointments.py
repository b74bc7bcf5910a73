"""Appointments: what is offered, when somebody takes them, and who comes when."""

from alembic import op

revision = "scheduling_0006"
down_revision = "scheduling_0005"

SQL = """
CREATE TABLE scheduling.service (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    class_type_id uuid,
    minutes integer NOT NULL CONSTRAINT service_minutes CHECK (minutes BETWEEN 5 AND 1440),
    buffer_before integer NOT NULL
        CONSTRAINT service_before CHECK (buffer_before BETWEEN 0 AND 240),
    buffer_after integer NOT NULL CONSTRAINT service_after CHECK (buffer_after BETWEEN 0 AND 240),
    step_minutes integer NOT NULL CONSTRAINT service_step CHECK (step_minutes BETWEEN 5 AND 60),
    notice_minutes integer NOT NULL CONSTRAINT service_notice CHECK (notice_minutes >= 0),
    days_ahead integer NOT NULL CONSTRAINT service_ahead CHECK (days_ahead BETWEEN 1 AND 400),
    free_minutes integer NOT NULL CONSTRAINT service_free CHECK (free_minutes >= 0),
    instructor_ids uuid[] NOT NULL,
    room_ids uuid[] NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    CONSTRAINT service_of_organisation UNIQUE (organisation_id, id),
    CONSTRAINT service_class_type FOREIGN KEY (organisation_id, class_type_id)
        REFERENCES scheduling.class_type (organisation_id, id)
);

CREATE TABLE scheduling.availability (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    instructor_id uuid NOT NULL,
    location_id uuid NOT NULL,
    version integer NOT NULL,
    hours jsonb NOT NULL,
    CONSTRAINT availability_once UNIQUE (instructor_id, location_id),
    CONSTRAINT availability_instructor FOREIGN KEY (organisation_id, instructor_id)
        REFERENCES scheduling.instructor (organisation_id, id)
);

CREATE TABLE scheduling.appointment (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    location_id uuid NOT NULL,
    service_id uuid NOT NULL,
    instructor_id uuid NOT NULL,
    class_type_id uuid,
    room_id uuid,
    area_id uuid,
    person_id uuid NOT NULL,
    member_id uuid,
    membership_id uuid,
    version integer NOT NULL,
    start_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    -- With what is kept free around it, as the service had it when this was booked.
    kept_from timestamptz NOT NULL,
    kept_until timestamptz NOT NULL,
    zone text NOT NULL,
    status text NOT NULL CONSTRAINT appointment_status
        CHECK (status IN ('booked', 'attended', 'missed', 'cancelled')),
    ending text CONSTRAINT appointment_ending
        CHECK (ending IN ('early', 'late', 'by_gym', 'released')),
    channel text NOT NULL CONSTRAINT appointment_channel CHECK (channel IN ('online', 'desk')),
    booked_at timestamptz NOT NULL,
    booked_by text NOT NULL,
    free_until timestamptz NOT NULL,
    CONSTRAINT appointment_time CHECK (
        kept_from <= start_at AND start_at < until_at AND until_at <= kept_until),
    CONSTRAINT appointment_ended CHECK ((status = 'cancelled') = (ending IS NOT NULL)),
    CONSTRAINT appointment_service FOREIGN KEY (organisation_id, service_id)
        REFERENCES scheduling.service (organisation_id, id),
    CONSTRAINT appointment_instructor FOREIGN KEY (organisation_id, instructor_id)
        REFERENCES scheduling.instructor (organisation_id, id),
    CONSTRAINT appointment_room FOREIGN KEY (organisation_id, room_id)
        REFERENCES scheduling.room (organisation_id, id)
);
CREATE INDEX appointment_organisation ON scheduling.appointment (organisation_id, start_at, id);
CREATE INDEX appointment_person ON scheduling.appointment (person_id, start_at);
CREATE INDEX appointment_membership ON scheduling.appointment (membership_id, start_at);
CREATE INDEX appointment_location ON scheduling.appointment (location_id, start_at)
    WHERE status = 'booked';
CREATE INDEX appointment_instructor_day ON scheduling.appointment (instructor_id, start_at);

ALTER TABLE scheduling.service ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.availability ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.appointment ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON scheduling.service USING (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON scheduling.service FOR SELECT USING (true);
CREATE POLICY tenant ON scheduling.availability USING (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON scheduling.availability FOR SELECT USING (true);
CREATE POLICY tenant ON scheduling.appointment USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON scheduling.appointment
    FOR SELECT USING (chassis.acts_as(person_id, organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE scheduling.appointment, scheduling.availability, scheduling.service")
