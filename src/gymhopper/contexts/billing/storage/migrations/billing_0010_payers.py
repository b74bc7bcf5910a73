"""Accounts of households and sponsors; each claim says whose account owes it."""

from alembic import op

revision = "billing_0010"
down_revision = "billing_0009"

SQL = """
ALTER TABLE billing.billing_account
    ADD COLUMN kind text NOT NULL DEFAULT 'person' CONSTRAINT billing_account_kind
        CHECK (kind IN ('person', 'household', 'sponsor'));
ALTER TABLE billing.billing_account ALTER COLUMN kind DROP DEFAULT;
-- That of a household has the household's id; its person is whoever pays.
DROP INDEX billing.billing_account_person;
CREATE UNIQUE INDEX billing_account_person ON billing.billing_account (organisation_id, person_id)
    WHERE kind = 'person';

-- Of the dues it is the next claim's.
ALTER TABLE billing.claim ADD COLUMN billing_account_id uuid
    REFERENCES billing.billing_account (id);
UPDATE billing.claim AS c SET billing_account_id = d.billing_account_id
    FROM billing.dues AS d WHERE d.id = c.dues_id;
ALTER TABLE billing.claim ALTER COLUMN billing_account_id SET NOT NULL;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE billing.claim DROP COLUMN billing_account_id")
    op.execute("DROP INDEX billing.billing_account_person")
    op.execute("ALTER TABLE billing.billing_account DROP COLUMN kind")
    op.execute(
        "CREATE UNIQUE INDEX billing_account_person"
        " ON billing.billing_account (organisation_id, person_id)"
    )
