"""A data key for each person and retention class; names as a desk searches them; visitors."""

from alembic import op
from sqlalchemy import text

from gymhopper.contexts.membership.domain.folding import folded

revision = "membership_0003"
down_revision = "membership_0002"

SQL = """
-- Without its wrapped key what was sealed under it is gone, wherever copies of it lie.
CREATE TABLE membership.person_key (
    person_id uuid NOT NULL
        CONSTRAINT key_of_person REFERENCES membership.person (id) ON DELETE CASCADE,
    class text NOT NULL CHECK (class IN ('contact', 'identity')),
    wrapped bytea NOT NULL,
    PRIMARY KEY (person_id, class)
);

-- What is sealed names its master key from here on. No version was released that wrote otherwise.
ALTER TABLE membership.person DROP COLUMN contact_key;
ALTER TABLE membership.person ADD COLUMN identity bytea;
UPDATE membership.person
    SET contact = NULL, email_index = NULL, phone_index = NULL, birth_date_index = NULL;

ALTER TABLE membership.person_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY joined ON membership.person_key FOR SELECT USING (
    chassis.acts_for(NULL) OR chassis.acts_as(person_id) OR EXISTS (
        SELECT FROM membership.member
        WHERE member.person_id = person_key.person_id
            AND chassis.acts_for(member.organisation_id)));
CREATE POLICY changed ON membership.person_key FOR UPDATE USING (
    chassis.acts_for(NULL) OR chassis.acts_as(person_id) OR EXISTS (
        SELECT FROM membership.member
        WHERE member.person_id = person_key.person_id
            AND chassis.acts_for(member.organisation_id)));
CREATE POLICY shredded ON membership.person_key FOR DELETE USING (
    chassis.acts_for(NULL) OR chassis.acts_as(person_id) OR EXISTS (
        SELECT FROM membership.member
        WHERE member.person_id = person_key.person_id
            AND chassis.acts_for(member.organisation_id)));
-- A new person is nobody's member yet; a key that is there already cannot be added again.
CREATE POLICY added ON membership.person_key FOR INSERT WITH CHECK (true);

-- As a desk searches: without case, accents and punctuation.
ALTER TABLE membership.person ADD COLUMN first_folded text;
ALTER TABLE membership.person ADD COLUMN last_folded text;
"""

SEARCH = r"""
ALTER TABLE membership.person ALTER COLUMN first_folded SET NOT NULL;
ALTER TABLE membership.person ALTER COLUMN last_folded SET NOT NULL;

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- One narrow row for each member, kept by triggers. `words` begins each word with a space.
CREATE TABLE membership.member_search (
    member_id uuid PRIMARY KEY
        CONSTRAINT search_of_member REFERENCES membership.member (id) ON DELETE CASCADE,
    person_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    last_name text COLLATE "C" NOT NULL,
    first_name text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    words text NOT NULL
);
CREATE INDEX member_search_person ON membership.member_search (person_id);
CREATE INDEX member_search_number ON membership.member_search (organisation_id, number);
CREATE INDEX member_search_last
    ON membership.member_search (organisation_id, last_name, first_name, member_id);
CREATE INDEX member_search_first
    ON membership.member_search (organisation_id, first_name, last_name, member_id);

ALTER TABLE membership.member_search ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.member_search
    FOR SELECT USING (chassis.acts_for(organisation_id));

-- The triggers run as the owner: a name that one gym corrects is found so at the person's others.
CREATE FUNCTION membership.index_member() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO membership.member_search
        SELECT NEW.id, p.id, NEW.organisation_id, p.last_folded, p.first_folded,
            lower(NEW.number),
            ' ' || p.first_folded || ' ' || p.last_folded || ' ' || lower(NEW.number)
        FROM membership.person AS p WHERE p.id = NEW.person_id
        ON CONFLICT (member_id) DO UPDATE SET person_id = excluded.person_id,
            organisation_id = excluded.organisation_id, last_name = excluded.last_name,
            first_name = excluded.first_name, number = excluded.number, words = excluded.words;
    RETURN NULL;
END $$;
CREATE TRIGGER indexed AFTER INSERT OR UPDATE OF person_id, organisation_id, number
    ON membership.member FOR EACH ROW EXECUTE FUNCTION membership.index_member();

CREATE FUNCTION membership.index_person() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE membership.member_search SET last_name = NEW.last_folded, first_name = NEW.first_folded,
        words = ' ' || NEW.first_folded || ' ' || NEW.last_folded || ' ' || number
        WHERE person_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER indexed AFTER UPDATE OF first_folded, last_folded
    ON membership.person FOR EACH ROW
    WHEN (OLD.first_folded <> NEW.first_folded OR OLD.last_folded <> NEW.last_folded)
    EXECUTE FUNCTION membership.index_person();

INSERT INTO membership.member_search
    SELECT m.id, p.id, m.organisation_id, p.last_folded, p.first_folded, lower(m.number),
        ' ' || p.first_folded || ' ' || p.last_folded || ' ' || lower(m.number)
    FROM membership.member AS m JOIN membership.person AS p ON p.id = m.person_id;

-- The extensions may lie in any schema.
DO $$
DECLARE
    trigrams text := (SELECT extnamespace::regnamespace::text FROM pg_extension
        WHERE extname = 'pg_trgm');
    lists text := (SELECT extnamespace::regnamespace::text FROM pg_extension
        WHERE extname = 'btree_gin');
BEGIN
    EXECUTE format('CREATE INDEX member_search_words ON membership.member_search USING gin'
        ' (organisation_id %s.uuid_ops, words %s.gin_trgm_ops)', lists, trigrams);
END $$;

-- Policies keep the planner from using trigrams, as these could tell of rows behind the wall. So
-- the search runs as the owner and keeps to the organisation that the transaction is bound to;
-- only where that is every one, it takes the one that is asked for.
--
-- Tiers: the very number; a last name that begins so; a first name that begins so; the rest. Each
-- is read only when those before it did not fill the page. Words of one or two letters are sought
-- at the beginnings of names and numbers, longer ones anywhere in them.
CREATE FUNCTION membership.find_members(
    asked uuid, sought text[], from_tier integer, behind uuid, most integer
) RETURNS TABLE (member_id uuid, tier integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    bound text := nullif(current_setting('gymhopper.organisation', true), '');
    organisation uuid := CASE WHEN bound = '*' THEN asked ELSE bound::uuid END;
    pattern text;
    conditions text := CASE WHEN bound = '*' AND asked IS NULL THEN 'true'
        ELSE format('s.organisation_id = %L', organisation) END;
    first text := sought[1];
    begins text;
    place record;
    beyond text;
    sorted text;
    found integer;
BEGIN
    IF bound IS NULL THEN
        RETURN;
    END IF;
    IF behind IS NOT NULL THEN
        EXECUTE format('SELECT s.last_name, s.first_name FROM membership.member_search AS s'
            ' WHERE s.member_id = %L AND %s', behind, conditions) INTO place;
        IF place.last_name IS NULL THEN
            RETURN;
        END IF;
    END IF;
    begins := replace(replace(replace(coalesce(first, ''), '\', '\\'), '%', '\%'), '_', '\_')
        || '%';
    FOREACH pattern IN ARRAY sought LOOP
        pattern := replace(replace(replace(pattern, '\', '\\'), '%', '\%'), '_', '\_');
        conditions := conditions || format(' AND s.words LIKE %L',
            CASE WHEN length(pattern) < 3 THEN '% ' ELSE '%' END || pattern || '%');
    END LOOP;
    FOR step IN from_tier..4 LOOP
        CONTINUE WHEN step > 2 AND first IS NULL;
        CONTINUE WHEN step = 1 AND (first IS NULL OR cardinality(sought) > 1);
        sorted := CASE step WHEN 3 THEN 's.first_name, s.last_name, s.member_id'
            ELSE 's.last_name, s.first_name, s.member_id' END;
        beyond := '';
        IF behind IS NOT NULL AND step = from_tier THEN
            beyond := format(' AND (%s) > (%L, %L, %L::uuid)', sorted,
                CASE step WHEN 3 THEN place.first_name ELSE place.last_name END,
                CASE step WHEN 3 THEN place.last_name ELSE place.first_name END, behind);
        END IF;
        RETURN QUERY EXECUTE format(
            'SELECT s.member_id, %s FROM membership.member_search AS s WHERE %s AND %s%s'
            ' ORDER BY %s LIMIT %s', step, conditions,
            CASE step
                WHEN 1 THEN format('s.number = %L', first)
                WHEN 2 THEN format('s.last_name LIKE %L AND s.number <> %L', begins,
                    coalesce(first, ''))
                WHEN 3 THEN format('s.first_name LIKE %L AND s.last_name NOT LIKE %L'
                    ' AND s.number <> %L', begins, begins, first)
                ELSE format('s.first_name NOT LIKE %L AND s.last_name NOT LIKE %L'
                    ' AND s.number <> %L', begins, begins, first)
            END, beyond, sorted, most);
        GET DIAGNOSTICS found = ROW_COUNT;
        most := most - found;
        EXIT WHEN most <= 0;
    END LOOP;
END $$;

-- Members of other gyms who were here. A venue sees a first name and its own name for them, for a
-- time after the last visit; never who they are elsewhere.
CREATE TABLE membership.visibility (
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    visitor_id uuid NOT NULL,
    since timestamptz NOT NULL,
    last timestamptz NOT NULL,
    because text NOT NULL CHECK (because IN ('visited')),
    PRIMARY KEY (organisation_id, person_id)
);
CREATE INDEX visibility_last ON membership.visibility (organisation_id, last, visitor_id);
ALTER TABLE membership.visibility ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.visibility USING (chassis.acts_for(organisation_id));

-- Runs as the owner and shows no more of a person than this, to the organisation that is bound.
CREATE FUNCTION membership.network_visitors(not_before timestamptz, behind_last timestamptz,
    behind_visitor uuid, most integer
) RETURNS TABLE (visitor_id uuid, first_name text, since timestamptz, last timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT v.visitor_id, p.first_name, v.since, v.last
    FROM membership.visibility AS v JOIN membership.person AS p ON p.id = v.person_id
    WHERE v.organisation_id = nullif(nullif(
            current_setting('gymhopper.organisation', true), ''), '*')::uuid
        AND v.last >= not_before
        AND (behind_last IS NULL OR (v.last, v.visitor_id) < (behind_last, behind_visitor))
        AND NOT EXISTS (SELECT FROM membership.member AS m
            WHERE m.person_id = v.person_id AND m.organisation_id = v.organisation_id)
    ORDER BY v.last DESC, v.visitor_id DESC LIMIT most
$$;
"""

_NAMES = text("SELECT id, first_name, last_name FROM membership.person ORDER BY id")
_FOLD = text(
    "UPDATE membership.person SET first_folded = :first, last_folded = :last WHERE id = :id"
)


def upgrade() -> None:
    op.execute(SQL)
    bind = op.get_bind()
    named = [
        {"id": row.id, "first": folded(row.first_name), "last": folded(row.last_name)}
        for row in bind.execute(_NAMES)
    ]
    if named:
        bind.execute(_FOLD, named)
    op.execute(SEARCH)


def downgrade() -> None:
    op.execute("DROP FUNCTION membership.network_visitors")
    op.execute("DROP TABLE membership.visibility")
    op.execute("DROP FUNCTION membership.find_members")
    op.execute("DROP TRIGGER indexed ON membership.person")
    op.execute("DROP TRIGGER indexed ON membership.member")
    op.execute("DROP FUNCTION membership.index_person")
    op.execute("DROP FUNCTION membership.index_member")
    op.execute("DROP TABLE membership.member_search, membership.person_key")
    op.execute("ALTER TABLE membership.person DROP COLUMN first_folded, DROP COLUMN last_folded")
    op.execute("ALTER TABLE membership.person DROP COLUMN identity")
    op.execute("ALTER TABLE membership.person ADD COLUMN contact_key bytea")
