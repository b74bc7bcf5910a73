"""Which invoice a claim was issued with."""

from alembic import op

revision = "billing_0008"
down_revision = "billing_0007"


def upgrade() -> None:
    op.execute("ALTER TABLE billing.claim ADD COLUMN document_id uuid")


def downgrade() -> None:
    op.execute("ALTER TABLE billing.claim DROP COLUMN document_id")
