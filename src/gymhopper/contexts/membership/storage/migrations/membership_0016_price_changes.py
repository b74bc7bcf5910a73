"""New prices of what was sold, of one contract or of all of a plan."""

from alembic import op

revision = "membership_0016"
down_revision = "membership_0015"

SQL = """
CREATE TABLE membership.price_run (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    plan_id uuid NOT NULL CONSTRAINT run_of_plan REFERENCES membership.plan (id),
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    effective_on date NOT NULL,
    reason text NOT NULL,
    started_at timestamptz NOT NULL,
    started_by text NOT NULL,
    status text NOT NULL
        CHECK (status IN ('announcing', 'announced', 'withdrawing', 'withdrawn')),
    total integer NOT NULL,
    done integer NOT NULL,
    skipped integer NOT NULL,
    last_id uuid
);

CREATE TABLE membership.price_change (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    membership_id uuid NOT NULL
        CONSTRAINT change_of_membership REFERENCES membership.membership (id),
    run_id uuid CONSTRAINT change_of_run REFERENCES membership.price_run (id),
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    effective_on date NOT NULL,
    effective_at timestamptz NOT NULL,
    reason text NOT NULL,
    announced_at timestamptz NOT NULL,
    announced_by text NOT NULL,
    status text NOT NULL
        CHECK (status IN ('announced', 'withdrawn', 'in_force', 'lapsed')),
    previous_amount bigint,
    settled_at timestamptz
);
CREATE INDEX price_change_membership ON membership.price_change (membership_id, id);
CREATE INDEX price_change_run ON membership.price_change (run_id);
-- One price at a time is to come.
CREATE UNIQUE INDEX price_change_to_come ON membership.price_change (membership_id)
    WHERE status = 'announced';
-- For a run, which goes through a plan's contracts in their order.
CREATE INDEX membership_plan ON membership.membership (plan_id, id);

ALTER TABLE membership.price_run ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.price_run USING (chassis.acts_for(organisation_id));
ALTER TABLE membership.price_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.price_change USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.price_change FOR SELECT USING (EXISTS (
    SELECT FROM membership.membership AS m WHERE m.id = membership_id
        AND chassis.acts_as(m.person_id, m.organisation_id)));
"""

BACK = """
DROP INDEX membership.membership_plan;
DROP TABLE membership.price_change;
DROP TABLE membership.price_run;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(BACK)
