"""Account credit: balances, the movements that make them, and what lies with a provider."""

from alembic import op

revision = "billing_0011"
down_revision = "billing_0010"

SQL = """
CREATE TABLE billing.credit (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    billing_account_id uuid NOT NULL REFERENCES billing.billing_account (id),
    legal_entity_id uuid NOT NULL,
    currency text NOT NULL,
    balance bigint NOT NULL CONSTRAINT credit_balance CHECK (balance >= 0),
    placed bigint NOT NULL CONSTRAINT credit_placed CHECK (placed BETWEEN 0 AND balance)
);
CREATE UNIQUE INDEX credit_once
    ON billing.credit (billing_account_id, legal_entity_id, currency);
CREATE INDEX credit_organisation ON billing.credit (organisation_id);

CREATE TABLE billing.credit_movement (
    id uuid PRIMARY KEY,
    credit_id uuid NOT NULL REFERENCES billing.credit (id),
    organisation_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT credit_movement_kind
        CHECK (kind IN ('granted', 'used', 'returned', 'withdrawn')),
    cause uuid NOT NULL,
    amount bigint NOT NULL CONSTRAINT credit_movement_amount
        CHECK (amount <> 0 AND (amount > 0) = (kind IN ('granted', 'returned'))),
    claim_id uuid,
    membership_id uuid,
    reason text,
    actor text NOT NULL,
    happened_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX credit_movement_once ON billing.credit_movement (cause, kind);
CREATE INDEX credit_movement_credit ON billing.credit_movement (credit_id, id);

CREATE TABLE billing.credit_placement (
    id uuid PRIMARY KEY,
    credit_id uuid NOT NULL REFERENCES billing.credit (id),
    organisation_id uuid NOT NULL,
    amount bigint NOT NULL CONSTRAINT credit_placement_amount CHECK (amount <> 0),
    state text NOT NULL CONSTRAINT credit_placement_state
        CHECK (state IN ('asked', 'done', 'refused')),
    asked_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX credit_placement_asked ON billing.credit_placement (credit_id)
    WHERE state = 'asked';
CREATE INDEX credit_placement_credit ON billing.credit_placement (credit_id);

ALTER TABLE billing.payment DROP CONSTRAINT payment_method,
    ADD CONSTRAINT payment_method CHECK (method IN ('card', 'cash', 'transfer', 'credit'));
"""

# Whoever sees the account sees its credit; all of it is written in the organisation's name.
_OWN = {
    "credit": "SELECT FROM billing.billing_account AS a WHERE a.id = billing_account_id",
    "credit_movement": "SELECT FROM billing.credit AS c WHERE c.id = credit_id",
    "credit_placement": "SELECT FROM billing.credit AS c WHERE c.id = credit_id",
}


def upgrade() -> None:
    op.execute(SQL)
    for table, owner in _OWN.items():
        op.execute(f"ALTER TABLE billing.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON billing.{table} USING (chassis.acts_for(organisation_id))"
        )
        op.execute(f"CREATE POLICY own ON billing.{table} FOR SELECT USING (EXISTS ({owner}))")


def downgrade() -> None:
    for table in reversed(_OWN):
        op.execute(f"DROP TABLE billing.{table}")
    op.execute(
        "ALTER TABLE billing.payment DROP CONSTRAINT payment_method,"
        " ADD CONSTRAINT payment_method CHECK (method IN ('card', 'cash', 'transfer'))"
    )
