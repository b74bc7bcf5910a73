"""What was sold, what a claim is for, and payments that came past the provider."""

from alembic import op

revision = "billing_0006"
down_revision = "billing_0005"

SQL = """
ALTER TABLE billing.billing_account DROP COLUMN provider;
CREATE UNIQUE INDEX billing_account_person ON billing.billing_account (organisation_id, person_id);

ALTER TABLE billing.dues ADD COLUMN terms jsonb NOT NULL;

ALTER TABLE billing.checkout
    DROP COLUMN description, DROP COLUMN amount, DROP COLUMN currency,
    DROP COLUMN interval, DROP COLUMN interval_count,
    ADD COLUMN terms jsonb NOT NULL;

ALTER TABLE billing.claim
    ADD COLUMN lines jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN due_at timestamptz;
ALTER TABLE billing.claim ALTER COLUMN lines DROP DEFAULT;

ALTER TABLE billing.payment
    ADD COLUMN provider text NOT NULL DEFAULT 'stripe',
    ADD COLUMN method text NOT NULL DEFAULT 'card' CONSTRAINT payment_method
        CHECK (method IN ('card', 'cash', 'transfer')),
    ADD COLUMN reference text,
    ADD COLUMN actor text,
    ADD COLUMN taken_back bigint NOT NULL DEFAULT 0 CONSTRAINT payment_taken_back
        CHECK (taken_back BETWEEN 0 AND amount),
    ADD COLUMN taken_back_at timestamptz,
    ADD COLUMN taken_back_because text;
ALTER TABLE billing.payment
    ALTER COLUMN provider DROP DEFAULT,
    ALTER COLUMN method DROP DEFAULT,
    ALTER COLUMN taken_back DROP DEFAULT;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE billing.payment DROP COLUMN provider, DROP COLUMN method,"
        " DROP COLUMN reference, DROP COLUMN actor, DROP COLUMN taken_back,"
        " DROP COLUMN taken_back_at, DROP COLUMN taken_back_because"
    )
    op.execute("ALTER TABLE billing.claim DROP COLUMN lines, DROP COLUMN due_at")
    op.execute(
        "ALTER TABLE billing.checkout DROP COLUMN terms, ADD COLUMN description text NOT NULL,"
        " ADD COLUMN amount bigint NOT NULL, ADD COLUMN currency text NOT NULL,"
        " ADD COLUMN interval text NOT NULL, ADD COLUMN interval_count integer NOT NULL"
    )
    op.execute("ALTER TABLE billing.dues DROP COLUMN terms")
    op.execute("DROP INDEX billing.billing_account_person")
    op.execute("ALTER TABLE billing.billing_account ADD COLUMN provider text NOT NULL")
    op.execute(
        "CREATE UNIQUE INDEX billing_account_person"
        " ON billing.billing_account (organisation_id, person_id, provider)"
    )
