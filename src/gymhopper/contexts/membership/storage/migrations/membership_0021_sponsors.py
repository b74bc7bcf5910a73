"""Sponsors, their rosters, and who comes in by them."""

from alembic import op

revision = "membership_0021"
down_revision = "membership_0020"

SQL = """
ALTER TABLE membership.membership ADD COLUMN sponsor_suspended_at timestamptz;

CREATE TABLE membership.sponsor (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    plan_id uuid NOT NULL CONSTRAINT sponsor_of_plan REFERENCES membership.plan (id),
    price_id uuid NOT NULL CONSTRAINT sponsor_at_price REFERENCES membership.price (id),
    opened_at timestamptz NOT NULL,
    suspended_at timestamptz
);
CREATE INDEX sponsor_organisation ON membership.sponsor (organisation_id, id);

CREATE TABLE membership.roster (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    sponsor_id uuid NOT NULL CONSTRAINT roster_of_sponsor REFERENCES membership.sponsor (id),
    kind text NOT NULL CHECK (kind IN ('full', 'changes')),
    agreed jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    status text NOT NULL CHECK (status IN ('draft', 'submitted', 'done')),
    submitted_at timestamptz,
    finished_at timestamptz,
    total integer NOT NULL,
    done integer NOT NULL,
    added integer NOT NULL,
    changed integer NOT NULL,
    refused integer NOT NULL,
    ended integer NOT NULL
);
CREATE INDEX roster_sponsor ON membership.roster (sponsor_id, id);

-- Names and addresses are sealed, and gone once the row was worked on.
CREATE TABLE membership.roster_entry (
    id uuid PRIMARY KEY,
    roster_id uuid NOT NULL CONSTRAINT entry_of_roster REFERENCES membership.roster (id),
    organisation_id uuid NOT NULL,
    number integer NOT NULL,
    external_id text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    sealed bytea,
    outcome text CHECK (outcome IN ('added', 'changed', 'unchanged', 'refused')),
    code text,
    CONSTRAINT roster_entry_once UNIQUE (roster_id, external_id),
    CONSTRAINT roster_entry_number UNIQUE (roster_id, number)
);

CREATE TABLE membership.sponsored (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    sponsor_id uuid NOT NULL
        CONSTRAINT sponsored_by_sponsor REFERENCES membership.sponsor (id),
    external_id text NOT NULL,
    member_id uuid NOT NULL CONSTRAINT sponsored_member REFERENCES membership.member (id),
    person_id uuid NOT NULL,
    membership_id uuid NOT NULL
        CONSTRAINT sponsored_membership REFERENCES membership.membership (id),
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    CONSTRAINT sponsored_once UNIQUE (sponsor_id, external_id)
);
CREATE INDEX sponsored_member_id ON membership.sponsored (member_id);
"""

_TABLES = ("sponsor", "roster", "roster_entry", "sponsored")


def upgrade() -> None:
    op.execute(SQL)
    for table in _TABLES:
        op.execute(f"ALTER TABLE membership.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON membership.{table} USING (chassis.acts_for(organisation_id))"
        )
    op.execute(
        "CREATE POLICY own ON membership.sponsored FOR SELECT"
        " USING (chassis.acts_as(person_id, organisation_id))"
    )


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE membership.{table}")
    op.execute("ALTER TABLE membership.membership DROP COLUMN sponsor_suspended_at")
