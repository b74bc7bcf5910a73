"""Members who are one human being: found, and made one."""

from alembic import op

revision = "membership_0010"
down_revision = "membership_0009"

SQL = """
-- What is left of a member who turned out to be another one: both names, and whose what was theirs
-- is now. The person is kept, unseen, for as long as some other gym knows them or nobody erases it.
CREATE TABLE membership.merged_member (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    into_member_id uuid NOT NULL
        CONSTRAINT merged_into_member REFERENCES membership.member (id),
    into_person_id uuid NOT NULL,
    number text NOT NULL,
    external_ref text,
    registered_at timestamptz NOT NULL,
    merged_at timestamptz NOT NULL,
    merged_by text NOT NULL
);
CREATE INDEX merged_member_into ON membership.merged_member (into_member_id);
CREATE INDEX merged_member_person ON membership.merged_member (organisation_id, person_id);
CREATE INDEX merged_member_ref ON membership.merged_member (organisation_id, external_ref);
ALTER TABLE membership.merged_member ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.merged_member USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.merged_member
    FOR SELECT USING (chassis.acts_as(into_person_id, organisation_id));

-- Evidence cannot be changed by the application. It follows a member who was merged, and no other.
CREATE FUNCTION membership.move_agreements(merged uuid) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE membership.agreement AS a SET member_id = m.into_member_id, person_id = m.into_person_id
        FROM membership.merged_member AS m
        WHERE m.id = merged AND a.member_id = m.id AND chassis.acts_for(m.organisation_id)
        RETURNING a.id
$$;

CREATE INDEX person_birth_date ON membership.person (birth_date_index);

-- Runs as the owner, as `find_members` does and with the same care: pairs of one organisation.
-- Names count as alike where birth dates are equal; by themselves they say too little. Twins have
-- both the birth date and the last name: the first name has to be alike, or the other's last one.
DO $outer$
DECLARE
    trigrams text := (SELECT extnamespace::regnamespace::text FROM pg_extension
        WHERE extname = 'pg_trgm');
BEGIN
    EXECUTE format($create$
CREATE FUNCTION membership.find_duplicates(
    asked uuid, behind_first uuid, behind_second uuid, most integer
) RETURNS TABLE (first_id uuid, second_id uuid, reasons text[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    bound text := nullif(current_setting('gymhopper.organisation', true), '');
    organisation uuid := CASE WHEN bound = '*' THEN asked ELSE bound::uuid END;
BEGIN
    RETURN QUERY
    SELECT a.id, o.id, array_agg(DISTINCT o.reason ORDER BY o.reason)
    FROM membership.member AS a
    JOIN membership.person AS p ON p.id = a.person_id
    CROSS JOIN LATERAL (
        SELECT b.id, 'email' AS reason FROM membership.person AS q
            JOIN membership.member AS b ON b.person_id = q.id
            WHERE q.email_index = p.email_index AND b.organisation_id = organisation
                AND b.id > a.id
        UNION ALL
        SELECT b.id, 'phone' FROM membership.person AS q
            JOIN membership.member AS b ON b.person_id = q.id
            WHERE q.phone_index = p.phone_index AND b.organisation_id = organisation
                AND b.id > a.id
        UNION ALL
        SELECT b.id, 'birth_date_and_name' FROM membership.person AS q
            JOIN membership.member AS b ON b.person_id = q.id
            WHERE q.birth_date_index = p.birth_date_index AND b.organisation_id = organisation
                AND b.id > a.id
                AND %1$s.similarity(q.first_folded || ' ' || q.last_folded,
                    p.first_folded || ' ' || p.last_folded) >= 0.4
                AND greatest(%1$s.similarity(q.first_folded, p.first_folded),
                    %1$s.similarity(q.first_folded, p.last_folded)) >= 0.3
    ) AS o
    WHERE a.organisation_id = organisation
        AND (behind_first IS NULL OR a.id >= behind_first
            AND (a.id, o.id) > (behind_first, behind_second))
    GROUP BY a.id, o.id ORDER BY a.id, o.id LIMIT most;
END $$
$create$, trigrams);
END $outer$;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP FUNCTION membership.find_duplicates")
    op.execute("DROP INDEX membership.person_birth_date")
    op.execute("DROP FUNCTION membership.move_agreements")
    op.execute("DROP TABLE membership.merged_member")
