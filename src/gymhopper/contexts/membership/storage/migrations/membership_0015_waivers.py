"""Waivers with versions, and who signed them."""

from alembic import op

revision = "membership_0015"
down_revision = "membership_0014"

SQL = """
CREATE TABLE membership.waiver (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    zone text NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);
CREATE INDEX waiver_organisation ON membership.waiver (organisation_id, id);

CREATE TABLE membership.waiver_version (
    id uuid PRIMARY KEY,
    waiver_id uuid NOT NULL CONSTRAINT version_of_waiver REFERENCES membership.waiver (id),
    organisation_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    texts jsonb NOT NULL,
    valid_months integer CHECK (valid_months > 0),
    enforce_from date NOT NULL,
    enforced_at timestamptz NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    CONSTRAINT waiver_version_once UNIQUE (waiver_id, number)
);

CREATE TABLE membership.waiver_signature (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    waiver_id uuid NOT NULL CONSTRAINT signature_of_waiver REFERENCES membership.waiver (id),
    waiver_version_id uuid NOT NULL
        CONSTRAINT signature_of_version REFERENCES membership.waiver_version (id),
    number integer NOT NULL,
    member_id uuid NOT NULL CONSTRAINT signature_for_member REFERENCES membership.member (id),
    person_id uuid NOT NULL,
    language text NOT NULL,
    text_hash text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('online', 'desk')),
    signed_by text NOT NULL CHECK (signed_by IN ('self', 'guardian')),
    guardian_member_id uuid,
    actor text NOT NULL,
    signed_at timestamptz NOT NULL,
    until timestamptz CHECK (until > signed_at)
);
CREATE INDEX waiver_signature_member ON membership.waiver_signature (member_id, waiver_id);

ALTER TABLE membership.waiver ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.waiver USING (chassis.acts_for(organisation_id));
-- Members read what they are to sign, and hold it while they do; they change nothing of it.
CREATE POLICY own ON membership.waiver FOR SELECT USING (EXISTS (
    SELECT FROM membership.member AS m WHERE m.organisation_id = waiver.organisation_id
        AND chassis.acts_as(m.person_id, m.organisation_id)));

-- What was published and what was signed is never changed: no policy lets a row be.
ALTER TABLE membership.waiver_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY added ON membership.waiver_version
    FOR INSERT WITH CHECK (chassis.acts_for(organisation_id));
CREATE POLICY tenant ON membership.waiver_version
    FOR SELECT USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.waiver_version FOR SELECT USING (EXISTS (
    SELECT FROM membership.member AS m WHERE m.organisation_id = waiver_version.organisation_id
        AND chassis.acts_as(m.person_id, m.organisation_id)));

ALTER TABLE membership.waiver_signature ENABLE ROW LEVEL SECURITY;
CREATE POLICY added ON membership.waiver_signature
    FOR INSERT WITH CHECK (chassis.acts_for(organisation_id));
CREATE POLICY tenant ON membership.waiver_signature
    FOR SELECT USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.waiver_signature
    FOR SELECT USING (chassis.acts_as(person_id, organisation_id));
CREATE POLICY own_added ON membership.waiver_signature FOR INSERT WITH CHECK (
    chassis.acts_as(person_id, organisation_id) AND EXISTS (
        SELECT FROM membership.member AS m
        WHERE m.id = member_id AND m.person_id = waiver_signature.person_id
            AND m.organisation_id = waiver_signature.organisation_id));

-- Signatures follow a member who was merged, and no other.
CREATE FUNCTION membership.move_signatures(merged uuid) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE membership.waiver_signature AS s
        SET member_id = m.into_member_id, person_id = m.into_person_id
        FROM membership.merged_member AS m
        WHERE m.id = merged AND s.member_id = m.id AND chassis.acts_for(m.organisation_id)
        RETURNING s.id
$$;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP FUNCTION membership.move_signatures")
    op.execute(
        "DROP TABLE membership.waiver_signature, membership.waiver_version, membership.waiver"
    )
