"""Guardians and their dependents."""

from alembic import op

from gymhopper.contexts.membership.storage.migrations.membership_0010_merge import SQL as MERGE

revision = "membership_0011"
down_revision = "membership_0010"

SQL = """
-- No column says why one ended, or when it will: that would be a birth date.
CREATE TABLE membership.guardianship (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    guardian_member_id uuid NOT NULL
        CONSTRAINT guardianship_by_member REFERENCES membership.member (id),
    guardian_person_id uuid NOT NULL,
    dependent_member_id uuid NOT NULL
        CONSTRAINT guardianship_of_member REFERENCES membership.member (id),
    dependent_person_id uuid NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK (guardian_member_id <> dependent_member_id)
);
CREATE UNIQUE INDEX guardianship_live
    ON membership.guardianship (dependent_member_id, guardian_member_id) WHERE ended_at IS NULL;
CREATE INDEX guardianship_guardian ON membership.guardianship (guardian_member_id);
CREATE INDEX guardianship_guardian_person ON membership.guardianship (guardian_person_id);
CREATE INDEX guardianship_dependent_person
    ON membership.guardianship (dependent_person_id) WHERE ended_at IS NULL;
ALTER TABLE membership.guardianship ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.guardianship USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.guardianship FOR SELECT USING (
    chassis.acts_as(guardian_person_id, organisation_id)
    OR chassis.acts_as(dependent_person_id, organisation_id));

-- Each other's names: a guardian's session sees no row of the child's person, nor the other way.
-- Runs as the owner and shows what the caller may see of the guardianship itself.
CREATE FUNCTION membership.family() RETURNS TABLE (
    id uuid, organisation_id uuid, began_at timestamptz,
    guardian_member_id uuid, guardian_person_id uuid, guardian_first text, guardian_last text,
    dependent_member_id uuid, dependent_person_id uuid, dependent_first text, dependent_last text
)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT g.id, g.organisation_id, g.began_at,
        g.guardian_member_id, g.guardian_person_id, a.first_name, a.last_name,
        g.dependent_member_id, g.dependent_person_id, b.first_name, b.last_name
    FROM membership.guardianship AS g
    JOIN membership.person AS a ON a.id = g.guardian_person_id
    JOIN membership.person AS b ON b.id = g.dependent_person_id
    WHERE g.ended_at IS NULL AND (chassis.acts_for(g.organisation_id)
        OR chassis.acts_as(g.guardian_person_id, g.organisation_id)
        OR chassis.acts_as(g.dependent_person_id, g.organisation_id))
$$;
"""

_PAIR = "WHERE a.organisation_id = organisation\n"
_NO_FAMILY = """WHERE a.organisation_id = organisation
        AND NOT EXISTS (SELECT FROM membership.guardianship AS g WHERE g.ended_at IS NULL
            AND (g.guardian_member_id, g.dependent_member_id) IN ((a.id, o.id), (o.id, a.id)))
"""


def former_duplicates() -> str:
    """The function as it was made first."""
    body = MERGE[MERGE.index("DO $outer$") :]
    return body.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def duplicates_but_families() -> str:
    """The same without those who are known to be two people."""
    return former_duplicates().replace(_PAIR, _NO_FAMILY)


def upgrade() -> None:
    op.execute(SQL)
    op.execute(duplicates_but_families())


def downgrade() -> None:
    op.execute(former_duplicates())
    op.execute("DROP FUNCTION membership.family")
    op.execute("DROP TABLE membership.guardianship")
