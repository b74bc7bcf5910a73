"""Promo codes, who redeemed them, and the discount that was sold."""

from alembic import op

revision = "membership_0024"
down_revision = "membership_0023"

# A member who names a code counts it up and writes down the own redemption.
OF_A_GYM_OF_MINE = """EXISTS (SELECT FROM membership.member AS m
    WHERE m.organisation_id = promo_code.organisation_id
        AND chassis.acts_as(m.person_id, m.organisation_id))"""

SQL = """
ALTER TABLE membership.membership ADD COLUMN discount jsonb;

CREATE TABLE membership.promo_code (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    code text NOT NULL,
    code_key text NOT NULL,
    basis_points integer CHECK (basis_points BETWEEN 1 AND 10000),
    amount bigint CHECK (amount > 0),
    currency text,
    periods integer CHECK (periods > 0),
    joining_fee boolean NOT NULL,
    plan_ids uuid[],
    first_purchase boolean NOT NULL,
    valid_from date NOT NULL,
    valid_until date CHECK (valid_until > valid_from),
    max_redemptions integer CHECK (max_redemptions >= 0),
    redeemed integer NOT NULL CHECK (redeemed >= 0),
    status text NOT NULL CHECK (status IN ('offered', 'withdrawn')),
    created_at timestamptz NOT NULL,
    CONSTRAINT promo_code_once UNIQUE (organisation_id, code_key),
    CONSTRAINT promo_code_one_kind CHECK ((basis_points IS NULL) <> (amount IS NULL)),
    CONSTRAINT promo_code_currency CHECK ((amount IS NULL) = (currency IS NULL)),
    CONSTRAINT promo_code_limit CHECK (redeemed <= max_redemptions)
);

CREATE TABLE membership.promo_redemption (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    promo_code_id uuid NOT NULL
        CONSTRAINT redemption_of_code REFERENCES membership.promo_code (id),
    member_id uuid NOT NULL CONSTRAINT redemption_of_member REFERENCES membership.member (id),
    person_id uuid NOT NULL,
    membership_id uuid NOT NULL
        CONSTRAINT redemption_for_membership REFERENCES membership.membership (id),
    redeemed_at timestamptz NOT NULL,
    returned_at timestamptz,
    repeated boolean NOT NULL,
    CONSTRAINT redemption_of_membership UNIQUE (membership_id)
);
-- Once a person, unless it was given back.
CREATE UNIQUE INDEX redemption_once ON membership.promo_redemption (promo_code_id, person_id)
    WHERE returned_at IS NULL AND NOT repeated;
CREATE INDEX redemption_member ON membership.promo_redemption (member_id);

ALTER TABLE membership.promo_code ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.promo_code USING (chassis.acts_for(organisation_id));
CREATE POLICY redeemed ON membership.promo_code FOR SELECT USING ({mine});
CREATE POLICY redeemed_counted ON membership.promo_code FOR UPDATE USING ({mine});

ALTER TABLE membership.promo_redemption ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.promo_redemption USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.promo_redemption FOR SELECT
    USING (chassis.acts_as(person_id, organisation_id));
CREATE POLICY own_changed ON membership.promo_redemption FOR UPDATE
    USING (chassis.acts_as(person_id, organisation_id));
CREATE POLICY own_added ON membership.promo_redemption FOR INSERT
    WITH CHECK (chassis.acts_as(person_id, organisation_id));
"""

BACK = """
DROP TABLE membership.promo_redemption;
DROP TABLE membership.promo_code;
ALTER TABLE membership.membership DROP COLUMN discount;
"""


def upgrade() -> None:
    op.execute(SQL.format(mine=OF_A_GYM_OF_MINE))


def downgrade() -> None:
    op.execute(BACK)
