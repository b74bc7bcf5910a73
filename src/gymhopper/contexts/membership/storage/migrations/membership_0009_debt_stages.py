"""What a debt leads to, how much it is, and what freezes cost."""

from alembic import op

revision = "membership_0009"
down_revision = "membership_0008"

SQL = """
ALTER TABLE membership.membership
    ADD COLUMN owed bigint,
    ADD COLUMN debt_stage text
        CHECK (debt_stage IN ('remind', 'no_booking', 'no_entry', 'terminate'));
ALTER TABLE membership.overlay
    ADD COLUMN fee_from timestamptz,
    ADD COLUMN fees_told integer NOT NULL DEFAULT 0;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE membership.overlay DROP COLUMN fees_told, DROP COLUMN fee_from")
    op.execute("ALTER TABLE membership.membership DROP COLUMN debt_stage, DROP COLUMN owed")
