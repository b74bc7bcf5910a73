"""Withdrawals, and the receipts of those who leave."""

from alembic import op

revision = "membership_0012"
down_revision = "membership_0011"

SQL = """
ALTER TABLE membership.membership ADD COLUMN withdrawn_at timestamptz;

-- Written once: there is no policy that lets a row be changed or deleted.
CREATE TABLE membership.receipt (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    member_id uuid NOT NULL CONSTRAINT receipt_of_member REFERENCES membership.member (id),
    person_id uuid NOT NULL,
    membership_id uuid NOT NULL
        CONSTRAINT receipt_of_membership REFERENCES membership.membership (id),
    act text NOT NULL CHECK (act IN ('cancellation', 'withdrawal')),
    member_number text NOT NULL,
    plan_name text NOT NULL,
    wish text NOT NULL,
    declared_at timestamptz NOT NULL,
    declared_by text NOT NULL,
    ends_at timestamptz,
    given_back_days integer CHECK (given_back_days >= 0),
    of_days integer CHECK (of_days >= given_back_days)
);
CREATE INDEX receipt_membership ON membership.receipt (membership_id);
ALTER TABLE membership.receipt ENABLE ROW LEVEL SECURITY;
CREATE POLICY added ON membership.receipt FOR INSERT WITH CHECK (chassis.acts_for(organisation_id));
CREATE POLICY tenant ON membership.receipt FOR SELECT USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.receipt
    FOR SELECT USING (chassis.acts_as(person_id, organisation_id));
CREATE POLICY own_added ON membership.receipt FOR INSERT WITH CHECK (
    chassis.acts_as(person_id, organisation_id) AND EXISTS (
        SELECT FROM membership.membership AS m
        WHERE m.id = membership_id AND m.person_id = receipt.person_id
            AND m.organisation_id = receipt.organisation_id));

-- Receipts follow a member who was merged, as agreements do.
CREATE OR REPLACE FUNCTION membership.move_agreements(merged uuid) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH moved AS (
        UPDATE membership.receipt AS r
            SET member_id = m.into_member_id, person_id = m.into_person_id
            FROM membership.merged_member AS m
            WHERE m.id = merged AND r.member_id = m.id AND chassis.acts_for(m.organisation_id))
    UPDATE membership.agreement AS a SET member_id = m.into_member_id, person_id = m.into_person_id
        FROM membership.merged_member AS m
        WHERE m.id = merged AND a.member_id = m.id AND chassis.acts_for(m.organisation_id)
        RETURNING a.id
$$;
"""

BACK = """
CREATE OR REPLACE FUNCTION membership.move_agreements(merged uuid) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE membership.agreement AS a SET member_id = m.into_member_id, person_id = m.into_person_id
        FROM membership.merged_member AS m
        WHERE m.id = merged AND a.member_id = m.id AND chassis.acts_for(m.organisation_id)
        RETURNING a.id
$$;
DROP TABLE membership.receipt;
ALTER TABLE membership.membership DROP COLUMN withdrawn_at;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(BACK)
