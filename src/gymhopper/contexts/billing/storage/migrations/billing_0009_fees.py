"""Claims that pay for no period, once for each cause."""

from alembic import op

revision = "billing_0009"
down_revision = "billing_0008"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE billing.claim ADD COLUMN kind text NOT NULL DEFAULT 'period'"
        " CONSTRAINT claim_kind CHECK (kind IN ('period', 'fee')),"
        " ADD COLUMN cause uuid UNIQUE"
    )
    op.execute("ALTER TABLE billing.claim ALTER COLUMN kind DROP DEFAULT")


def downgrade() -> None:
    op.execute("ALTER TABLE billing.claim DROP COLUMN kind, DROP COLUMN cause")
