"""Credits of packs: lots, and an append-only ledger of what became of them."""

from alembic import op

revision = "membership_0013"
down_revision = "membership_0012"

SQL = """
ALTER TABLE membership.membership
    ADD COLUMN credits integer CHECK (credits >= 0),
    ADD COLUMN credit_visits integer NOT NULL DEFAULT 0 CHECK (credit_visits >= 0),
    ADD COLUMN credit_overdrawn integer NOT NULL DEFAULT 0 CHECK (credit_overdrawn >= 0);
ALTER TABLE membership.membership
    ALTER COLUMN credit_visits DROP DEFAULT,
    ALTER COLUMN credit_overdrawn DROP DEFAULT;

CREATE TABLE membership.credit_lot (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    membership_id uuid NOT NULL
        CONSTRAINT lot_of_membership REFERENCES membership.membership (id),
    source text NOT NULL CHECK (source IN ('purchase', 'goodwill')),
    -- The claim that was paid, or the gift: each grants credits once.
    cause uuid NOT NULL,
    units integer NOT NULL CHECK (units > 0),
    price_amount bigint NOT NULL CHECK (price_amount >= 0),
    price_currency text NOT NULL,
    tax_code text NOT NULL,
    visits boolean NOT NULL,
    class_types jsonb,
    granted_at timestamptz NOT NULL,
    expires_at timestamptz,
    lasts_from_use boolean NOT NULL,
    -- The sum of the lot's entries; two transactions that meet cannot both have the last one.
    left_units integer NOT NULL CHECK (left_units BETWEEN 0 AND units),
    expired_units integer NOT NULL CHECK (expired_units BETWEEN 0 AND units),
    CONSTRAINT credit_lot_once UNIQUE (membership_id, source, cause)
);

CREATE TABLE membership.credit_entry (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    membership_id uuid NOT NULL
        CONSTRAINT entry_of_membership REFERENCES membership.membership (id),
    lot_id uuid CONSTRAINT entry_of_lot REFERENCES membership.credit_lot (id),
    kind text NOT NULL CHECK (kind IN ('grant', 'spend', 'overdraw', 'settle', 'give_back',
        'expire', 'revive', 'refund')),
    units integer NOT NULL,
    cause uuid NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT credit_entry_once UNIQUE (membership_id, kind, cause),
    CONSTRAINT credit_entry_lot CHECK ((lot_id IS NULL) = (kind = 'overdraw'))
);
CREATE INDEX credit_entry_membership ON membership.credit_entry (membership_id, id);

ALTER TABLE membership.credit_lot ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.credit_lot USING (chassis.acts_for(organisation_id));
-- The person is the membership's: whoever it is merged into sees these rows from then on.
CREATE POLICY own ON membership.credit_lot FOR SELECT USING (EXISTS (
    SELECT FROM membership.membership AS m WHERE m.id = membership_id
        AND chassis.acts_as(m.person_id, m.organisation_id)));

-- Written once: there is no policy that lets a line be changed or deleted.
ALTER TABLE membership.credit_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY added ON membership.credit_entry
    FOR INSERT WITH CHECK (chassis.acts_for(organisation_id));
CREATE POLICY tenant ON membership.credit_entry FOR SELECT
    USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.credit_entry FOR SELECT USING (EXISTS (
    SELECT FROM membership.membership AS m WHERE m.id = membership_id
        AND chassis.acts_as(m.person_id, m.organisation_id)));
"""

BACK = """
DROP TABLE membership.credit_entry;
DROP TABLE membership.credit_lot;
ALTER TABLE membership.membership
    DROP COLUMN credits, DROP COLUMN credit_visits, DROP COLUMN credit_overdrawn;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(BACK)
