"""Who pays for a membership, apart from whose it is."""

from alembic import op

revision = "membership_0018"
down_revision = "membership_0017"

SQL = """
-- Without an id it is the member's own.
ALTER TABLE membership.membership
    ADD COLUMN payer_kind text NOT NULL DEFAULT 'person' CONSTRAINT membership_payer
        CHECK (payer_kind IN ('person', 'household', 'sponsor')),
    ADD COLUMN payer_id uuid;
ALTER TABLE membership.membership ALTER COLUMN payer_kind DROP DEFAULT;
CREATE INDEX membership_payer_id ON membership.membership (payer_id) WHERE payer_id IS NOT NULL;

CREATE TABLE membership.household (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    payer_member_id uuid NOT NULL
        CONSTRAINT household_payer REFERENCES membership.member (id),
    payer_person_id uuid NOT NULL,
    debt_blocks text NOT NULL CHECK (debt_blocks IN ('user', 'payer', 'all')),
    opened_at timestamptz NOT NULL
);
CREATE INDEX household_payer_member ON membership.household (payer_member_id);

CREATE TABLE membership.housemate (
    id uuid PRIMARY KEY,
    household_id uuid NOT NULL
        CONSTRAINT housemate_of_household REFERENCES membership.household (id),
    organisation_id uuid NOT NULL,
    member_id uuid NOT NULL
        CONSTRAINT housemate_is_member REFERENCES membership.member (id),
    person_id uuid NOT NULL,
    joined_at timestamptz NOT NULL,
    added_by text NOT NULL,
    left_at timestamptz
);
CREATE INDEX housemate_household ON membership.housemate (household_id, id);
-- One household at a time.
CREATE UNIQUE INDEX housemate_once ON membership.housemate (member_id) WHERE left_at IS NULL;

-- What is owed for each membership itself: what counts against it depends on the household.
CREATE TABLE membership.household_debt (
    membership_id uuid PRIMARY KEY
        CONSTRAINT household_debt_of_membership REFERENCES membership.membership (id),
    household_id uuid NOT NULL
        CONSTRAINT household_debt_of_household REFERENCES membership.household (id),
    organisation_id uuid NOT NULL,
    overdue_since timestamptz NOT NULL,
    owed bigint NOT NULL,
    currency text NOT NULL
);
CREATE INDEX household_debt_household ON membership.household_debt (household_id);

ALTER TABLE membership.household ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.household USING (chassis.acts_for(organisation_id));
ALTER TABLE membership.housemate ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.housemate USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.housemate FOR SELECT
    USING (chassis.acts_as(person_id, organisation_id));
CREATE POLICY own ON membership.household FOR SELECT USING (EXISTS (
    SELECT FROM membership.housemate AS h WHERE h.household_id = household.id
        AND h.left_at IS NULL AND chassis.acts_as(h.person_id, h.organisation_id)));
ALTER TABLE membership.household_debt ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.household_debt USING (chassis.acts_for(organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE membership.household_debt")
    op.execute("DROP POLICY own ON membership.household")
    op.execute("DROP TABLE membership.housemate")
    op.execute("DROP TABLE membership.household")
    op.execute("ALTER TABLE membership.membership DROP COLUMN payer_kind, DROP COLUMN payer_id")
