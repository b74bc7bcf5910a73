"""The event log, timers and the clock."""

from alembic import op

revision = "chassis_0001"
down_revision = None

SQL = """
CREATE SCHEMA IF NOT EXISTS bus;

-- A transaction sees the rows of the organisation it was bound to; '*' lifts the wall.
-- Unbound means nothing at all: current_setting gives NULL, and NULL is not true.
CREATE FUNCTION chassis.acts_for(organisation uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN current_setting('gymhopper.organisation', true) = '*'
        OR organisation = nullif(
            nullif(current_setting('gymhopper.organisation', true), ''), '*')::uuid;

CREATE TABLE bus.event (
    position bigint GENERATED ALWAYS AS IDENTITY,
    seq bigint,
    id uuid NOT NULL,
    type text NOT NULL,
    recorded_at timestamptz NOT NULL,
    aggregate text NOT NULL,
    aggregate_id uuid NOT NULL,
    aggregate_version integer NOT NULL,
    organisation_id uuid,
    correlation_id text NOT NULL,
    causation_id uuid,
    actor text NOT NULL,
    data jsonb NOT NULL
) PARTITION BY RANGE (recorded_at);
CREATE INDEX event_unsequenced ON bus.event (position) WHERE seq IS NULL;
CREATE INDEX event_seq ON bus.event (seq);
CREATE INDEX event_aggregate ON bus.event (aggregate_id, aggregate_version);
CREATE TABLE bus.event_default PARTITION OF bus.event DEFAULT;
CREATE UNIQUE INDEX event_default_version ON bus.event_default (aggregate_id, aggregate_version);

ALTER TABLE bus.event ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON bus.event USING (chassis.acts_for(organisation_id)) WITH CHECK (true);

-- A month that has rows in the default partition already stays there.
CREATE FUNCTION bus.make_partition(name text, month date) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    first timestamptz := month::timestamp AT TIME ZONE 'UTC';
    next timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM bus.event_default WHERE recorded_at >= first AND recorded_at < next
    ) THEN
        EXECUTE format(
            'CREATE TABLE bus.%I PARTITION OF bus.event FOR VALUES FROM (%L) TO (%L)',
            name, first, next);
        EXECUTE format('CREATE UNIQUE INDEX ON bus.%I (aggregate_id, aggregate_version)', name);
    END IF;
END $$;

-- Partitions belong to the owner, the application only asks for them.
CREATE FUNCTION bus.ensure_partitions(first_day date, months integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    month date := date_trunc('month', first_day);
    name text;
BEGIN
    FOR i IN 1..months LOOP
        name := 'event_' || to_char(month, 'YYYY_MM');
        IF to_regclass('bus.' || name) IS NULL THEN
            -- No other process makes it, and no writer puts a row of that month into the default
            -- partition, between the look and the deed. Writers lock the parent first, too.
            LOCK TABLE ONLY bus.event IN ACCESS EXCLUSIVE MODE;
            IF to_regclass('bus.' || name) IS NULL THEN
                PERFORM bus.make_partition(name, month);
            END IF;
        END IF;
        month := month + interval '1 month';
    END LOOP;
END $$;

CREATE TABLE bus.sequence (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    last bigint NOT NULL
);
INSERT INTO bus.sequence (last) VALUES (0);

CREATE TABLE bus.cursor (
    subscriber text PRIMARY KEY,
    seq bigint NOT NULL
);

CREATE TABLE bus.inbox (
    subscriber text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamptz NOT NULL,
    PRIMARY KEY (subscriber, event_id)
);
CREATE INDEX inbox_handled_at ON bus.inbox (handled_at);

-- Deliveries that failed, and later events of the same aggregates that wait behind them.
CREATE TABLE bus.parked (
    subscriber text NOT NULL,
    event_id uuid NOT NULL,
    seq bigint NOT NULL,
    aggregate_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('retrying', 'waiting', 'parked')),
    attempts integer NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    error text,
    envelope jsonb NOT NULL,
    PRIMARY KEY (subscriber, event_id)
);
CREATE INDEX parked_order ON bus.parked (subscriber, aggregate_id, seq);

CREATE TABLE chassis.timer (
    name text NOT NULL,
    key text NOT NULL,
    due_at timestamptz NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    attempts integer NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    error text,
    PRIMARY KEY (name, key)
);
CREATE INDEX timer_due ON chassis.timer ((coalesce(next_try_at, due_at)));

CREATE TABLE chassis.clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    offset_seconds double precision NOT NULL
);
INSERT INTO chassis.clock (offset_seconds) VALUES (0);
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP SCHEMA bus CASCADE")
