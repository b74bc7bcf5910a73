"""For whom an account acts."""

from alembic import op

revision = "identity_0004"
down_revision = "identity_0003"

SQL = """
-- A copy of what staff says; `version` is that of staff's assignment.
CREATE TABLE identity.assignment (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    employee_id uuid NOT NULL,
    role text NOT NULL,
    legal_entity_id uuid,
    location_id uuid,
    start_at timestamptz NOT NULL,
    until_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX assignment_employee ON identity.assignment (employee_id);

-- Who signs in for an employee: one account. An account may stand for employees of several gyms.
CREATE TABLE identity.employee_link (
    employee_id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES identity.account,
    linked_at timestamptz NOT NULL
);
CREATE INDEX employee_link_account ON identity.employee_link (account_id);

-- Who signs in for a person: its own account, a guardian's. `organisation_id` vouched for it.
CREATE TABLE identity.person_link (
    account_id uuid NOT NULL REFERENCES identity.account,
    person_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, person_id)
);
CREATE INDEX person_link_person ON identity.person_link (person_id);

-- What a session was told to act for; whether it may is looked up each time.
CREATE TABLE identity.acting (
    session_id uuid PRIMARY KEY REFERENCES identity.session ON DELETE CASCADE,
    account_id uuid NOT NULL,
    assignment_id uuid,
    person_id uuid,
    chosen_at timestamptz NOT NULL,
    CONSTRAINT acting_for_one CHECK (num_nonnulls(assignment_id, person_id) <= 1)
);
CREATE INDEX acting_account ON identity.acting (account_id, chosen_at);

CREATE TABLE identity.invitation (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    employee_id uuid,
    member_id uuid,
    person_id uuid,
    email bytea NOT NULL,
    hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    withdrawn_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT invitation_for_one CHECK (
        num_nonnulls(employee_id, member_id) = 1 AND num_nonnulls(member_id, person_id) IN (0, 2)
    )
);
CREATE INDEX invitation_organisation ON identity.invitation (organisation_id, id);

-- Supporters who looked through a member's eyes, and why: for the member to see.
CREATE TABLE identity.impersonation (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    account_id uuid NOT NULL,
    session_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    role text NOT NULL,
    member_id uuid NOT NULL,
    person_id uuid NOT NULL,
    reason text NOT NULL,
    started_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    ended_at timestamptz,
    version integer NOT NULL
);
CREATE UNIQUE INDEX impersonation_once ON identity.impersonation (session_id)
    WHERE ended_at IS NULL;
CREATE INDEX impersonation_person ON identity.impersonation (person_id, id);

ALTER TABLE identity.assignment ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.assignment USING (chassis.acts_for(organisation_id));
ALTER TABLE identity.employee_link ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.employee_link USING (chassis.acts_for(organisation_id));
ALTER TABLE identity.invitation ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.invitation USING (chassis.acts_for(organisation_id));
ALTER TABLE identity.impersonation ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.impersonation USING (chassis.acts_for(organisation_id));

-- An organisation must not learn who else vouched for an account, nor where it acts.
ALTER TABLE identity.person_link ENABLE ROW LEVEL SECURITY;
CREATE POLICY platform ON identity.person_link USING (chassis.acts_for(NULL));
ALTER TABLE identity.acting ENABLE ROW LEVEL SECURITY;
CREATE POLICY platform ON identity.acting USING (chassis.acts_for(NULL));

-- Whoever invites has a mail sent, and reads none.
CREATE POLICY queued ON identity.mail FOR INSERT WITH CHECK (true);
"""

TABLES = "assignment employee_link person_link acting invitation impersonation"


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP POLICY queued ON identity.mail")
    for table in TABLES.split():
        op.execute(f"DROP TABLE identity.{table}")
