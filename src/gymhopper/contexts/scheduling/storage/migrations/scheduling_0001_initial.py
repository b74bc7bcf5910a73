"""Classes and bookings, what they are made of, and copies of what they rest on."""

from alembic import op

revision = "scheduling_0001"
down_revision = None

SQL = """
-- A copy of venues' locations: where classes are, by which zone, and when the place is closed.
CREATE TABLE scheduling.place (
    location_id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    zone text NOT NULL,
    city text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    state jsonb NOT NULL
);
CREATE INDEX place_organisation ON scheduling.place (organisation_id);
CREATE INDEX place_city ON scheduling.place (city);

CREATE TABLE scheduling.class_type (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    minutes integer NOT NULL CONSTRAINT class_type_minutes CHECK (minutes BETWEEN 5 AND 1440),
    credits integer NOT NULL CONSTRAINT class_type_credits CHECK (credits BETWEEN 0 AND 100),
    requirements jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    CONSTRAINT class_type_of_organisation UNIQUE (organisation_id, id)
);

CREATE TABLE scheduling.room (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    location_id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    area_id uuid,
    spots jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    CONSTRAINT room_of_organisation UNIQUE (organisation_id, id)
);
CREATE INDEX room_location ON scheduling.room (location_id, id);

-- Whom the timetable names: an employee's name at work, or somebody who is none.
CREATE TABLE scheduling.instructor (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    employee_id uuid,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    CONSTRAINT instructor_of_organisation UNIQUE (organisation_id, id),
    CONSTRAINT instructor_employee UNIQUE (organisation_id, employee_id)
);

-- What an organisation says of its bookings: of all, of a location's, of those of a kind of class.
CREATE TABLE scheduling.booking_rules (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    location_id uuid,
    class_type_id uuid,
    version integer NOT NULL,
    rules jsonb NOT NULL,
    CONSTRAINT booking_rules_for UNIQUE NULLS NOT DISTINCT
        (organisation_id, location_id, class_type_id)
);

CREATE TABLE scheduling.schedule (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    location_id uuid NOT NULL,
    class_type_id uuid NOT NULL,
    room_id uuid,
    version integer NOT NULL,
    name text NOT NULL,
    rule text NOT NULL,
    zone text NOT NULL,
    starts_on date NOT NULL,
    ends_before date,
    start_time time NOT NULL,
    minutes integer NOT NULL CONSTRAINT schedule_minutes CHECK (minutes BETWEEN 5 AND 1440),
    capacity integer NOT NULL CONSTRAINT schedule_capacity CHECK (capacity BETWEEN 0 AND 10000),
    caps jsonb NOT NULL,
    instructor_ids uuid[] NOT NULL,
    except_on date[] NOT NULL,
    on_holidays boolean NOT NULL,
    generated_until date NOT NULL,
    follows uuid,
    created_at timestamptz NOT NULL,
    CONSTRAINT schedule_class_type FOREIGN KEY (organisation_id, class_type_id)
        REFERENCES scheduling.class_type (organisation_id, id),
    CONSTRAINT schedule_room FOREIGN KEY (organisation_id, room_id)
        REFERENCES scheduling.room (organisation_id, id)
);
CREATE INDEX schedule_location ON scheduling.schedule (location_id, id);
CREATE INDEX schedule_generated ON scheduling.schedule (generated_until);

-- One dated occurrence. `on_date` is the date that its schedule gave it; `edited` names what was
-- changed for this date alone. `taken` and `waiting` count its bookings, `last_number` is the
-- number that was given last to one of them.
CREATE TABLE scheduling.class (
    id uuid PRIMARY KEY,
    host_organisation_id uuid NOT NULL,
    location_id uuid NOT NULL,
    class_type_id uuid NOT NULL,
    schedule_id uuid,
    on_date date,
    version integer NOT NULL,
    name text NOT NULL,
    start_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    zone text NOT NULL,
    room_id uuid,
    instructor_ids uuid[] NOT NULL,
    substitute boolean NOT NULL,
    capacity integer NOT NULL CONSTRAINT class_capacity CHECK (capacity BETWEEN 0 AND 10000),
    caps jsonb NOT NULL,
    status text NOT NULL CONSTRAINT class_status CHECK (status IN ('scheduled', 'cancelled')),
    cause text,
    edited text[] NOT NULL,
    taken integer NOT NULL CONSTRAINT class_taken CHECK (taken >= 0),
    waiting integer NOT NULL CONSTRAINT class_waiting CHECK (waiting >= 0),
    last_number integer NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT class_length CHECK (until_at > start_at),
    CONSTRAINT class_of_schedule UNIQUE (schedule_id, on_date),
    CONSTRAINT class_class_type FOREIGN KEY (host_organisation_id, class_type_id)
        REFERENCES scheduling.class_type (organisation_id, id),
    CONSTRAINT class_room FOREIGN KEY (host_organisation_id, room_id)
        REFERENCES scheduling.room (organisation_id, id)
);
CREATE INDEX class_location ON scheduling.class (location_id, start_at, id);
CREATE INDEX class_start ON scheduling.class (start_at, id);
CREATE INDEX class_host ON scheduling.class (host_organisation_id, start_at, id);
CREATE INDEX class_instructor ON scheduling.class USING gin (instructor_ids);

-- A place in a class or in the line for one; `number` is the order in which the class's requests
-- were served. `terms` is what a cancellation costs, as it was when the booking was made.
CREATE TABLE scheduling.booking (
    id uuid PRIMARY KEY,
    class_id uuid NOT NULL CONSTRAINT booking_class REFERENCES scheduling.class (id),
    host_organisation_id uuid NOT NULL,
    home_organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    member_id uuid NOT NULL,
    membership_id uuid,
    version integer NOT NULL,
    channel text NOT NULL CONSTRAINT booking_channel
        CHECK (channel IN ('online', 'desk', 'network')),
    status text NOT NULL CONSTRAINT booking_status
        CHECK (status IN ('booked', 'waiting', 'offered', 'attended', 'missed', 'cancelled')),
    number integer NOT NULL,
    start_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    spot text,
    credits integer NOT NULL CONSTRAINT booking_credits CHECK (credits >= 0),
    credits_known boolean NOT NULL,
    terms jsonb NOT NULL,
    bypassed text[] NOT NULL,
    booked_at timestamptz NOT NULL,
    booked_by text NOT NULL,
    free_until timestamptz NOT NULL,
    wait_until timestamptz,
    offered_until timestamptz,
    host_booking_id uuid,
    host_person_id uuid,
    visit_id uuid,
    ended_at timestamptz,
    ending text CONSTRAINT booking_ending
        CHECK (ending IN ('early', 'late', 'by_gym', 'released', 'lapsed')),
    CONSTRAINT booking_number UNIQUE (class_id, number),
    CONSTRAINT booking_ended CHECK ((status = 'cancelled') = (ending IS NOT NULL)),
    CONSTRAINT booking_offered CHECK (status <> 'offered' OR offered_until IS NOT NULL)
);
CREATE UNIQUE INDEX booking_live ON scheduling.booking (class_id, person_id)
    WHERE status <> 'cancelled';
CREATE UNIQUE INDEX booking_spot ON scheduling.booking (class_id, spot)
    WHERE status NOT IN ('cancelled', 'waiting') AND spot IS NOT NULL;
CREATE INDEX booking_person ON scheduling.booking (person_id, start_at);
CREATE INDEX booking_membership ON scheduling.booking (membership_id, start_at);
CREATE INDEX booking_host ON scheduling.booking (host_organisation_id, id);
CREATE INDEX booking_home ON scheduling.booking (home_organisation_id, id);

-- Copies of memberships, with their credits as the ledger last told, and of visits that count.
CREATE TABLE scheduling.entitlement (
    membership_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    member_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    state jsonb NOT NULL,
    lots jsonb,
    lots_version integer NOT NULL
);
CREATE INDEX entitlement_person ON scheduling.entitlement (person_id);
CREATE INDEX entitlement_organisation ON scheduling.entitlement (organisation_id, membership_id);

CREATE TABLE scheduling.visit (
    visit_id uuid PRIMARY KEY,
    host_organisation_id uuid NOT NULL,
    home_organisation_id uuid NOT NULL,
    membership_id uuid NOT NULL,
    location_id uuid NOT NULL,
    at timestamptz NOT NULL,
    booking_id uuid
);
CREATE INDEX visit_membership ON scheduling.visit (membership_id, at);
CREATE INDEX visit_at ON scheduling.visit (at);

-- What a person has reached in a discipline, as staff say.
CREATE TABLE scheduling.level (
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    discipline text NOT NULL,
    level smallint NOT NULL CONSTRAINT level_range CHECK (level BETWEEN 1 AND 100),
    PRIMARY KEY (organisation_id, person_id, discipline)
);

CREATE TABLE scheduling.strike (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    version integer NOT NULL,
    booking_id uuid NOT NULL CONSTRAINT strike_booking REFERENCES scheduling.booking (id),
    given_at timestamptz NOT NULL,
    held_until timestamptz,
    taken_back_at timestamptz,
    CONSTRAINT strike_once UNIQUE (booking_id)
);
CREATE INDEX strike_person ON scheduling.strike (organisation_id, person_id, given_at);

CREATE TABLE scheduling.fee (
    id uuid PRIMARY KEY,
    booking_id uuid NOT NULL CONSTRAINT fee_booking REFERENCES scheduling.booking (id),
    host_organisation_id uuid NOT NULL,
    home_organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    amount bigint NOT NULL CONSTRAINT fee_amount CHECK (amount > 0),
    currency text NOT NULL,
    why text NOT NULL CONSTRAINT fee_why CHECK (why IN ('late_cancel', 'no_show')),
    due_at timestamptz NOT NULL,
    status text NOT NULL CONSTRAINT fee_status CHECK (status IN ('pending', 'charged', 'waived')),
    reason text NOT NULL,
    settled_at timestamptz,
    CONSTRAINT fee_once UNIQUE (booking_id, why)
);
CREATE INDEX fee_host ON scheduling.fee (host_organisation_id, id);

-- Whatever can be at one place only at a time: a room, an instructor. `shared` is what staff have
-- put there all the same.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE scheduling.occupation (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    during tstzrange NOT NULL,
    shared boolean NOT NULL,
    PRIMARY KEY (id, resource_id),
    CONSTRAINT occupied_once EXCLUDE USING gist (resource_id WITH =, during WITH &&)
        WHERE (NOT shared)
);
CREATE INDEX occupation_resource ON scheduling.occupation USING gist (resource_id, during);

ALTER TABLE scheduling.place ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.class_type ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.room ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.instructor ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.booking_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.schedule ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.class ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.booking ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.entitlement ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.visit ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.level ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.strike ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.fee ENABLE ROW LEVEL SECURITY;
ALTER TABLE scheduling.occupation ENABLE ROW LEVEL SECURITY;

-- The timetable, and what it is read with, is for everybody.
CREATE POLICY tenant ON scheduling.place USING (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON scheduling.place FOR SELECT USING (true);
CREATE POLICY tenant ON scheduling.class_type USING (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON scheduling.class_type FOR SELECT USING (true);
CREATE POLICY tenant ON scheduling.room USING (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON scheduling.room FOR SELECT USING (true);
CREATE POLICY tenant ON scheduling.instructor USING (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON scheduling.instructor FOR SELECT USING (true);
CREATE POLICY tenant ON scheduling.booking_rules USING (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON scheduling.booking_rules FOR SELECT USING (true);
CREATE POLICY tenant ON scheduling.class USING (chassis.acts_for(host_organisation_id));
CREATE POLICY catalogue ON scheduling.class FOR SELECT USING (true);

CREATE POLICY tenant ON scheduling.schedule USING (chassis.acts_for(organisation_id));
CREATE POLICY tenant ON scheduling.occupation USING (chassis.acts_for(organisation_id));

-- Both parties of a booking see it; what follows from it is written by whoever runs the class.
CREATE POLICY tenant ON scheduling.booking USING (chassis.acts_for(host_organisation_id));
CREATE POLICY home ON scheduling.booking
    FOR SELECT USING (chassis.acts_for(home_organisation_id));
CREATE POLICY own ON scheduling.booking
    FOR SELECT USING (chassis.acts_as(person_id, home_organisation_id));
CREATE POLICY tenant ON scheduling.fee USING (chassis.acts_for(host_organisation_id));
CREATE POLICY home ON scheduling.fee FOR SELECT USING (chassis.acts_for(home_organisation_id));
CREATE POLICY own ON scheduling.fee
    FOR SELECT USING (chassis.acts_as(person_id, home_organisation_id));
CREATE POLICY tenant ON scheduling.strike USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON scheduling.strike
    FOR SELECT USING (chassis.acts_as(person_id, organisation_id));
CREATE POLICY tenant ON scheduling.level USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON scheduling.level
    FOR SELECT USING (chassis.acts_as(person_id, organisation_id));
CREATE POLICY tenant ON scheduling.entitlement USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON scheduling.entitlement
    FOR SELECT USING (chassis.acts_as(person_id, organisation_id));
CREATE POLICY tenant ON scheduling.visit USING (chassis.acts_for(host_organisation_id));
CREATE POLICY home ON scheduling.visit FOR SELECT USING (chassis.acts_for(home_organisation_id));
"""

TABLES = (
    "occupation", "fee", "strike", "level", "visit", "entitlement", "booking", "class", "schedule",
    "booking_rules", "instructor", "room", "class_type", "place",
)  # fmt: skip


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE " + ", ".join(f"scheduling.{each}" for each in TABLES))
