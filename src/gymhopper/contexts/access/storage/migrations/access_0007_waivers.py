"""Waivers, as far as doors need to know of them."""

from alembic import op

revision = "access_0007"
down_revision = "access_0006"

SQL = """
CREATE TABLE access.waiver_version (
    waiver_id uuid NOT NULL,
    number integer NOT NULL,
    organisation_id uuid NOT NULL,
    enforced_at timestamptz NOT NULL,
    PRIMARY KEY (waiver_id, number)
);
CREATE INDEX waiver_version_organisation ON access.waiver_version (organisation_id);
ALTER TABLE access.waiver_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON access.waiver_version USING (chassis.acts_for(organisation_id));

CREATE TABLE access.waiver_signature (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    waiver_id uuid NOT NULL,
    number integer NOT NULL,
    start timestamptz NOT NULL,
    until timestamptz
);
CREATE INDEX waiver_signature_person ON access.waiver_signature (person_id);
ALTER TABLE access.waiver_signature ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON access.waiver_signature USING (chassis.acts_for(organisation_id));
CREATE INDEX entitlement_organisation ON access.entitlement (organisation_id, person_id);
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP INDEX access.entitlement_organisation")
    op.execute("DROP TABLE access.waiver_signature, access.waiver_version")
