"""Another plan that a membership's dues are to be collected for."""

from alembic import op

revision = "billing_0016"
down_revision = "billing_0015"


def upgrade() -> None:
    op.execute("ALTER TABLE billing.dues ADD COLUMN change jsonb, ADD COLUMN last_change uuid")


def downgrade() -> None:
    op.execute("ALTER TABLE billing.dues DROP COLUMN change, DROP COLUMN last_change")
