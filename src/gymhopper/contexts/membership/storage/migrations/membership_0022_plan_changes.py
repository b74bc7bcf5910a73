"""Changes of what was sold to another plan."""

from alembic import op

revision = "membership_0022"
down_revision = "membership_0021"

OWN = """EXISTS (SELECT FROM membership.membership AS m
    WHERE m.id = membership_id AND m.organisation_id = plan_change.organisation_id
        AND chassis.acts_as(m.person_id, m.organisation_id))"""

SQL = """
ALTER TABLE membership.membership
    ADD COLUMN cycle_from date, ADD COLUMN terms_from date, ADD COLUMN bound_until date;

CREATE TABLE membership.plan_change (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    membership_id uuid NOT NULL
        CONSTRAINT plan_change_of_membership REFERENCES membership.membership (id),
    plan_id uuid NOT NULL CONSTRAINT plan_change_to_plan REFERENCES membership.plan (id),
    previous_plan_id uuid NOT NULL,
    terms jsonb NOT NULL,
    effective_at timestamptz NOT NULL,
    priced_at timestamptz NOT NULL,
    charged bigint CHECK (charged >= 0),
    reason text NOT NULL,
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    status text NOT NULL CHECK (
        status IN ('requested', 'scheduled', 'in_force', 'undone', 'refused', 'lapsed')),
    refusal text,
    settled_at timestamptz
);
CREATE INDEX plan_change_membership ON membership.plan_change (membership_id, id);
-- One change at a time is to come.
CREATE UNIQUE INDEX plan_change_to_come ON membership.plan_change (membership_id)
    WHERE status IN ('requested', 'scheduled');

ALTER TABLE membership.plan_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.plan_change USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.plan_change FOR SELECT USING ({own});
CREATE POLICY own_changed ON membership.plan_change FOR UPDATE USING ({own});
CREATE POLICY own_added ON membership.plan_change FOR INSERT WITH CHECK ({own});
"""

BACK = """
DROP TABLE membership.plan_change;
ALTER TABLE membership.membership
    DROP COLUMN cycle_from, DROP COLUMN terms_from, DROP COLUMN bound_until;
"""


def upgrade() -> None:
    op.execute(SQL.format(own=OWN))


def downgrade() -> None:
    op.execute(BACK)
