"""Secret addresses from which calendar programs read."""

from alembic import op

revision = "scheduling_0002"
down_revision = "scheduling_0001"

SQL = """
CREATE TABLE scheduling.feed (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT feed_kind CHECK (kind IN ('member', 'instructor', 'location')),
    person_id uuid,
    instructor_id uuid,
    location_id uuid,
    -- Keyed: whoever reads the table cannot read the feeds.
    digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    revoked_at timestamptz,
    last_read_on date,
    CONSTRAINT feed_of CHECK (
        (kind = 'member') = (person_id IS NOT NULL)
        AND (kind = 'instructor') = (instructor_id IS NOT NULL)
        AND (kind = 'location') = (location_id IS NOT NULL)),
    CONSTRAINT feed_instructor FOREIGN KEY (organisation_id, instructor_id)
        REFERENCES scheduling.instructor (organisation_id, id)
);
CREATE UNIQUE INDEX feed_digest ON scheduling.feed (digest);
CREATE INDEX feed_organisation ON scheduling.feed (organisation_id, id);
CREATE INDEX feed_person ON scheduling.feed (person_id, id) WHERE person_id IS NOT NULL;
CREATE INDEX feed_instructor ON scheduling.feed (instructor_id) WHERE instructor_id IS NOT NULL;
CREATE INDEX feed_location ON scheduling.feed (location_id) WHERE location_id IS NOT NULL;

-- A gym has no business with its members' calendars: those are for whoever acts for everybody, as
-- only such a caller acts for no organisation at all.
ALTER TABLE scheduling.feed ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON scheduling.feed
    USING (chassis.acts_for(organisation_id) AND (person_id IS NULL OR chassis.acts_for(NULL)));
CREATE POLICY own ON scheduling.feed USING (chassis.acts_as(person_id, organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE scheduling.feed")
