"""From when on a provider counts periods, and where a contract is over by its own terms."""

from alembic import op

revision = "billing_0015"
down_revision = "billing_0014"


def upgrade() -> None:
    op.execute("ALTER TABLE billing.subscription ADD COLUMN anchor timestamptz")
    op.execute("ALTER TABLE billing.dues ADD COLUMN expires_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE billing.subscription DROP COLUMN anchor")
    op.execute("ALTER TABLE billing.dues DROP COLUMN expires_at")
