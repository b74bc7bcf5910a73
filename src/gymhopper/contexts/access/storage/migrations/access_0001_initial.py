"""Doors, devices, credentials, compiled rights, the feed of the cells, journal and visits."""

from alembic import op

revision = "access_0001"
down_revision = None

SQL = """
-- A region's gate. Its row is locked by whoever writes to its feed, so numbers follow commits.
CREATE TABLE access.cell (
    name text PRIMARY KEY,
    number bigint NOT NULL DEFAULT 0,
    -- Changes when the database is restored from a backup: numbers may then mean something else.
    generation uuid NOT NULL
);
INSERT INTO access.cell (name, generation) VALUES ('main', gen_random_uuid());

-- What a cell should hold: one row a key with its latest write. No payload is a tombstone.
CREATE TABLE access.feed (
    cell text NOT NULL REFERENCES access.cell,
    kind text NOT NULL CHECK (kind IN ('person', 'credential', 'door', 'device', 'policy')),
    key bytea NOT NULL,
    number bigint NOT NULL,
    payload bytea,
    PRIMARY KEY (cell, kind, key)
);
CREATE UNIQUE INDEX feed_number ON access.feed (cell, number);

-- Runs as the owner: a tenant's door goes into a feed that the tenant may not read.
CREATE FUNCTION access.append_feed(kinds text[], keys bytea[], payloads bytea[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    each record;
    rows integer := cardinality(keys);
BEGIN
    FOR each IN SELECT name FROM access.cell ORDER BY name FOR UPDATE LOOP
        INSERT INTO access.feed AS f (cell, kind, key, number, payload)
            SELECT each.name, t.kind, t.key, c.number + t.nth, t.payload
            FROM access.cell AS c,
                unnest(kinds, keys, payloads) WITH ORDINALITY AS t (kind, key, payload, nth)
            WHERE c.name = each.name
            ON CONFLICT (cell, kind, key) DO UPDATE
                SET number = excluded.number, payload = excluded.payload
                WHERE f.payload IS DISTINCT FROM excluded.payload;
        UPDATE access.cell SET number = number + rows WHERE name = each.name;
    END LOOP;
    PERFORM pg_notify('access_feed', '');
END $$;

CREATE TABLE access.location (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    state jsonb NOT NULL
);

CREATE TABLE access.area (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    location_id uuid NOT NULL REFERENCES access.location,
    name text NOT NULL
);
CREATE INDEX area_location ON access.area (location_id);

CREATE TABLE access.door (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    location_id uuid NOT NULL REFERENCES access.location,
    area_id uuid REFERENCES access.area,
    name text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('entry', 'exit')),
    mode text NOT NULL CHECK (mode IN ('normal', 'lockdown', 'out_of_service')),
    reports_passage boolean NOT NULL,
    debounce_seconds integer NOT NULL,
    same_visit_seconds integer NOT NULL,
    hold_seconds integer NOT NULL,
    accepts text[] NOT NULL
);
CREATE INDEX door_location ON access.door (location_id);

CREATE TABLE access.device (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    location_id uuid NOT NULL REFERENCES access.location,
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'enrolled', 'disabled')),
    door_ids uuid[] NOT NULL,
    public_key bytea,
    code_hash bytea UNIQUE,
    code_expires_at timestamptz
);
CREATE INDEX device_location ON access.device (location_id);

CREATE TABLE access.credential (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('card', 'pass')),
    key bytea NOT NULL,
    ending text NOT NULL,
    start timestamptz,
    until timestamptz,
    revoked_at timestamptz
);
-- A number may be given out again once it was revoked.
CREATE UNIQUE INDEX credential_live ON access.credential (key) WHERE revoked_at IS NULL;
CREATE INDEX credential_person ON access.credential (person_id);

-- The latest state of every membership that has reached access.
CREATE TABLE access.entitlement (
    membership_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    state jsonb NOT NULL
);
CREATE INDEX entitlement_person ON access.entitlement (person_id);

-- Every answer and passage, in the order in which the drain chained them.
CREATE TABLE access.journal (
    entry bigint NOT NULL,
    at timestamptz NOT NULL,
    cell text NOT NULL,
    kind text NOT NULL,
    decision_id uuid NOT NULL,
    host_organisation_id uuid NOT NULL,
    home_organisation_id uuid,
    location_id uuid NOT NULL,
    door_id uuid NOT NULL,
    device_id uuid NOT NULL,
    person_id uuid,
    outcome text NOT NULL,
    code text NOT NULL,
    visit_id uuid,
    record bytea NOT NULL,
    hash bytea NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE access.journal_default PARTITION OF access.journal DEFAULT;
CREATE INDEX journal_entry ON access.journal (cell, entry);
CREATE INDEX journal_location ON access.journal (location_id, at);
CREATE INDEX journal_person ON access.journal (person_id, at);

CREATE TABLE access.visit (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    person_id uuid NOT NULL,
    membership_id uuid,
    host_organisation_id uuid NOT NULL,
    home_organisation_id uuid,
    location_id uuid NOT NULL,
    door_id uuid NOT NULL,
    day integer NOT NULL,
    month integer NOT NULL,
    entry bigint NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE access.visit_default PARTITION OF access.visit DEFAULT;
CREATE INDEX visit_person ON access.visit (person_id, at);
CREATE INDEX visit_location ON access.visit (location_id, at);
CREATE INDEX visit_id ON access.visit (id);

-- How far the drain has come in a cell's stream, and the end of its chain.
CREATE TABLE access.drain (
    cell text PRIMARY KEY REFERENCES access.cell,
    stream_id text NOT NULL,
    entry bigint NOT NULL,
    hash bytea NOT NULL
);
INSERT INTO access.drain VALUES ('main', '0-0', 0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION access.ensure_partitions(first_day date, months integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    month date;
    parent text;
    occupied boolean;
BEGIN
    FOREACH parent IN ARRAY ARRAY['journal', 'visit'] LOOP
        month := date_trunc('month', first_day);
        FOR i IN 1..months LOOP
            IF to_regclass('access.' || parent || to_char(month, '_YYYY_MM')) IS NULL THEN
                -- Rows that came before their partition stay in the default one.
                EXECUTE format(
                    'SELECT EXISTS (SELECT 1 FROM access.%I WHERE at >= %L AND at < %L)',
                    parent || '_default', month::text || ' 00:00+00',
                    (month + interval '1 month')::date::text || ' 00:00+00') INTO occupied;
                IF NOT occupied THEN
                    EXECUTE format(
                        'CREATE TABLE access.%I PARTITION OF access.%I'
                        ' FOR VALUES FROM (%L) TO (%L)',
                        parent || to_char(month, '_YYYY_MM'), parent, month::text || ' 00:00+00',
                        (month + interval '1 month')::date::text || ' 00:00+00');
                END IF;
            END IF;
            month := month + interval '1 month';
        END LOOP;
    END LOOP;
END $$;

ALTER TABLE access.area ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON access.area USING (chassis.acts_for(organisation_id));
ALTER TABLE access.door ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON access.door USING (chassis.acts_for(organisation_id));
ALTER TABLE access.device ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON access.device USING (chassis.acts_for(organisation_id));
ALTER TABLE access.credential ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON access.credential USING (chassis.acts_for(organisation_id));
ALTER TABLE access.entitlement ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON access.entitlement USING (chassis.acts_for(organisation_id));
ALTER TABLE access.location ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON access.location USING (chassis.acts_for(organisation_id));
ALTER TABLE access.journal ENABLE ROW LEVEL SECURITY;
CREATE POLICY parties ON access.journal USING (
    chassis.acts_for(host_organisation_id) OR chassis.acts_for(home_organisation_id));
ALTER TABLE access.visit ENABLE ROW LEVEL SECURITY;
CREATE POLICY parties ON access.visit USING (
    chassis.acts_for(host_organisation_id) OR chassis.acts_for(home_organisation_id));
-- The feed mixes all tenants: only the platform's own work reads and writes it.
ALTER TABLE access.feed ENABLE ROW LEVEL SECURITY;
CREATE POLICY platform ON access.feed
    USING (current_setting('gymhopper.organisation', true) = '*') WITH CHECK (true);
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP SCHEMA access CASCADE")
