"""The audit log: entries, what they are about, and the seals over them."""

from alembic import op

revision = "chassis_0003"
down_revision = "chassis_0002"

SQL = """
CREATE SCHEMA audit;

CREATE TABLE audit.entry (
    id uuid NOT NULL,
    -- Given when it is sealed, without gaps; the one column that is ever changed, once.
    number bigint,
    recorded_at timestamptz NOT NULL,
    organisation_id uuid,
    actor text NOT NULL,
    on_behalf_of text,
    role text,
    assignment_id uuid,
    session_id uuid,
    action text NOT NULL,
    operation text,
    method text,
    path text,
    address text,
    user_agent text,
    correlation_id text NOT NULL,
    persons uuid[] NOT NULL,
    events jsonb NOT NULL,
    changes jsonb NOT NULL,
    detail jsonb NOT NULL
) PARTITION BY RANGE (recorded_at);
CREATE TABLE audit.entry_default PARTITION OF audit.entry DEFAULT;
CREATE INDEX entry_unnumbered ON audit.entry (recorded_at, id) WHERE number IS NULL;
CREATE INDEX entry_number ON audit.entry (number);
CREATE INDEX entry_time ON audit.entry (recorded_at, id);
CREATE INDEX entry_organisation ON audit.entry (organisation_id, recorded_at, id);
CREATE INDEX entry_actor ON audit.entry (actor, recorded_at, id);
CREATE INDEX entry_action ON audit.entry (organisation_id, action, recorded_at, id)
    WHERE action <> 'wrote';
CREATE INDEX entry_operation ON audit.entry (organisation_id, operation, recorded_at, id);

-- The way from a thing or a person (kind 'person') to the entries about it.
CREATE TABLE audit.about (
    recorded_at timestamptz NOT NULL,
    entry_id uuid NOT NULL,
    organisation_id uuid,
    kind text NOT NULL,
    thing_id uuid NOT NULL
) PARTITION BY RANGE (recorded_at);
CREATE TABLE audit.about_default PARTITION OF audit.about DEFAULT;
CREATE INDEX about_thing ON audit.about (thing_id, kind, recorded_at, entry_id);
CREATE INDEX about_kind ON audit.about (organisation_id, kind, recorded_at, entry_id);

-- A seal covers the entries first..last, all of one month (UTC). `hashes` has 32 bytes for each.
CREATE TABLE audit.seal (
    number bigint PRIMARY KEY,
    first bigint NOT NULL,
    last bigint NOT NULL,
    month date NOT NULL,
    sealed_at timestamptz NOT NULL,
    hashes bytea NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX seal_last ON audit.seal (last);

-- Months whose entries were given up after their time; their seals stay.
CREATE TABLE audit.dropped (
    month date PRIMARY KEY,
    entries bigint NOT NULL,
    dropped_at timestamptz NOT NULL
);

CREATE TABLE audit.head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    last bigint NOT NULL
);
INSERT INTO audit.head (last) VALUES (0);

CREATE FUNCTION audit.refuse() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only added to' USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION audit.refuse_but_number() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.number IS NOT NULL OR NEW.number IS NULL
        OR to_jsonb(NEW) - 'number' IS DISTINCT FROM to_jsonb(OLD) - 'number' THEN
        RAISE EXCEPTION 'the audit log is only added to' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- Row triggers of a parent hold in its partitions, those for TRUNCATE do not.
CREATE TRIGGER kept BEFORE UPDATE ON audit.entry
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_but_number();
CREATE TRIGGER kept_whole BEFORE DELETE ON audit.entry
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON audit.about
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON audit.seal
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER kept_full BEFORE TRUNCATE ON audit.entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER kept_full BEFORE TRUNCATE ON audit.entry_default
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER kept_full BEFORE TRUNCATE ON audit.about
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER kept_full BEFORE TRUNCATE ON audit.about_default
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER kept_full BEFORE TRUNCATE ON audit.seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();

-- An organisation sees its entries, a person those about itself. Writing needs no sight of them.
ALTER TABLE audit.about ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit.about FOR SELECT USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON audit.about FOR SELECT
    USING (kind = 'person' AND chassis.acts_as(thing_id));
CREATE POLICY writing ON audit.about FOR INSERT WITH CHECK (true);
ALTER TABLE audit.entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit.entry FOR SELECT USING (
    chassis.acts_for(organisation_id)
    OR EXISTS (
        SELECT FROM audit.about AS a
        WHERE a.thing_id = nullif(current_setting('gymhopper.person', true), '')::uuid
            AND a.kind = 'person'
            AND a.recorded_at = entry.recorded_at
            AND a.entry_id = entry.id));
CREATE POLICY writing ON audit.entry FOR INSERT WITH CHECK (true);
ALTER TABLE audit.seal ENABLE ROW LEVEL SECURITY;
CREATE POLICY platform ON audit.seal
    USING (current_setting('gymhopper.organisation', true) = '*');
ALTER TABLE audit.dropped ENABLE ROW LEVEL SECURITY;
CREATE POLICY platform ON audit.dropped
    USING (current_setting('gymhopper.organisation', true) = '*');
ALTER TABLE audit.head ENABLE ROW LEVEL SECURITY;
CREATE POLICY platform ON audit.head
    USING (current_setting('gymhopper.organisation', true) = '*');

-- Numbers committed entries that have none: those of the month of the oldest, `most` at most.
-- Whoever seals holds the counter until its commit; another that tries goes away empty-handed.
-- Runs as the owner: the application may number an entry, and change nothing else of it.
CREATE FUNCTION audit.number(most integer) RETURNS TABLE (first bigint, last bigint, month date)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE
    before bigint;
    since timestamptz;
    count bigint;
BEGIN
    SELECT h.last INTO before FROM audit.head AS h FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT date_trunc('month', e.recorded_at) INTO since FROM audit.entry AS e
        WHERE e.number IS NULL ORDER BY e.recorded_at, e.id LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WITH waiting AS (
        SELECT e.recorded_at, e.id, row_number() OVER (ORDER BY e.recorded_at, e.id) AS nth
        FROM audit.entry AS e
        WHERE e.number IS NULL
            AND e.recorded_at >= since AND e.recorded_at < since + interval '1 month'
        ORDER BY e.recorded_at, e.id LIMIT most)
    UPDATE audit.entry AS e SET number = before + w.nth FROM waiting AS w
        WHERE e.recorded_at = w.recorded_at AND e.id = w.id AND e.number IS NULL;
    GET DIAGNOSTICS count = ROW_COUNT;
    UPDATE audit.head SET last = before + count;
    RETURN QUERY SELECT before + 1, before + count, since::date;
END $$;

-- A month that has rows in the default partition already stays there.
CREATE FUNCTION audit.make_partition(parent text, month date) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    name text := parent || to_char(month, '_YYYY_MM');
    first timestamptz := month::timestamp AT TIME ZONE 'UTC';
    next timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
    occupied boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM audit.%I WHERE recorded_at >= %L AND recorded_at < %L)',
        parent || '_default', first, next) INTO occupied;
    IF NOT occupied THEN
        EXECUTE format(
            'CREATE TABLE audit.%I PARTITION OF audit.%I FOR VALUES FROM (%L) TO (%L)',
            name, parent, first, next);
        EXECUTE format(
            'CREATE TRIGGER kept_full BEFORE TRUNCATE ON audit.%I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()', name);
    END IF;
END $$;

-- Partitions belong to the owner, the application only asks for them. One parent in a transaction:
-- readers lock both, in no order.
CREATE FUNCTION audit.ensure_partitions(parent text, first_day date, months integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    month date := date_trunc('month', first_day);
BEGIN
    FOR i IN 1..months LOOP
        IF to_regclass('audit.' || parent || to_char(month, '_YYYY_MM')) IS NULL THEN
            -- Nobody else makes it, and nobody writes into the default partition, between the
            -- look and the deed.
            EXECUTE format('LOCK TABLE ONLY audit.%I IN ACCESS EXCLUSIVE MODE', parent);
            IF to_regclass('audit.' || parent || to_char(month, '_YYYY_MM')) IS NULL THEN
                PERFORM audit.make_partition(parent, month);
            END IF;
        END IF;
        month := month + interval '1 month';
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP SCHEMA audit CASCADE")
