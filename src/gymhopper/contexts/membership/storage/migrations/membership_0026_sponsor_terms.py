"""What sponsors agreed to pay, and what they owe."""

from alembic import op

revision = "membership_0026"
down_revision = "membership_0025"

SQL = """
ALTER TABLE membership.sponsor
    ADD COLUMN terms jsonb,
    ADD COLUMN overdue_since timestamptz,
    ADD COLUMN owed bigint NOT NULL DEFAULT 0 CONSTRAINT sponsor_owed CHECK (owed >= 0),
    ADD COLUMN currency text,
    ADD COLUMN debt_stage text CONSTRAINT sponsor_debt_stage
        CHECK (debt_stage IN ('remind', 'no_new_members', 'no_entry', 'end'));
ALTER TABLE membership.sponsor ALTER COLUMN owed DROP DEFAULT;
"""

BACK = """
ALTER TABLE membership.sponsor
    DROP COLUMN terms, DROP COLUMN overdue_since, DROP COLUMN owed, DROP COLUMN currency,
    DROP COLUMN debt_stage;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(BACK)
