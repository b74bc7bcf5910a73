"""Organisations, legal entities, calendars and locations."""

from alembic import op

revision = "venues_0001"
down_revision = None

SQL = """
CREATE TABLE venues.organisation (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT organisation_kind CHECK (kind IN ('brand', 'operator')),
    name text NOT NULL,
    external_ref text CONSTRAINT organisation_external_ref UNIQUE,
    created_at timestamptz NOT NULL,
    version integer NOT NULL
);

CREATE TABLE venues.legal_entity (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES venues.organisation,
    name text NOT NULL,
    address jsonb,
    tax_ids jsonb NOT NULL,
    country text NOT NULL,
    currency text NOT NULL,
    zone text NOT NULL,
    external_ref text,
    created_at timestamptz NOT NULL,
    version integer NOT NULL,
    CONSTRAINT legal_entity_of_organisation UNIQUE (organisation_id, id),
    CONSTRAINT legal_entity_external_ref UNIQUE (organisation_id, external_ref)
);

-- `weekly` is null where nothing is said about the week; see domain.opening_times.
CREATE TABLE venues.calendar (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES venues.organisation,
    parent_id uuid,
    name text NOT NULL,
    weekly jsonb,
    exceptions jsonb NOT NULL,
    version integer NOT NULL,
    CONSTRAINT calendar_of_organisation UNIQUE (organisation_id, id),
    CONSTRAINT calendar_parent FOREIGN KEY (organisation_id, parent_id)
        REFERENCES venues.calendar (organisation_id, id)
);
CREATE INDEX calendar_parent_id ON venues.calendar (parent_id);

CREATE TABLE venues.location (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES venues.organisation,
    legal_entity_id uuid NOT NULL,
    name text NOT NULL,
    zone text NOT NULL,
    country text NOT NULL,
    city text NOT NULL,
    address jsonb,
    tier smallint NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    calendar_id uuid,
    weekly jsonb,
    exceptions jsonb NOT NULL,
    rollover_hour smallint,
    status text NOT NULL CONSTRAINT location_status CHECK (status IN ('open', 'closed')),
    external_ref text,
    created_at timestamptz NOT NULL,
    version integer NOT NULL,
    CONSTRAINT location_external_ref UNIQUE (organisation_id, external_ref),
    CONSTRAINT location_legal_entity FOREIGN KEY (organisation_id, legal_entity_id)
        REFERENCES venues.legal_entity (organisation_id, id),
    CONSTRAINT location_calendar FOREIGN KEY (organisation_id, calendar_id)
        REFERENCES venues.calendar (organisation_id, id)
);
CREATE INDEX location_city ON venues.location (city, id);
CREATE INDEX location_organisation ON venues.location (organisation_id, id);
CREATE INDEX location_calendar_id ON venues.location (calendar_id);

ALTER TABLE venues.organisation ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON venues.organisation USING (chassis.acts_for(id));
ALTER TABLE venues.legal_entity ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON venues.legal_entity USING (chassis.acts_for(organisation_id));

-- Where a place is and when it opens is for everybody to read. A row lock counts as a write, so
-- that foreign rows still cannot be loaded to be changed.
ALTER TABLE venues.calendar ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON venues.calendar USING (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON venues.calendar FOR SELECT USING (true);
ALTER TABLE venues.location ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON venues.location USING (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON venues.location FOR SELECT USING (true);
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE venues.location, venues.calendar")
    op.execute("DROP TABLE venues.legal_entity, venues.organisation")
