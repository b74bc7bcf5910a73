"""Which days of a claim were left out of its price, and which were credited."""

from alembic import op

revision = "billing_0018"
down_revision = "billing_0017"

_COLUMNS = ("left_out", "given_back")


def upgrade() -> None:
    for name in _COLUMNS:
        op.execute(
            f"ALTER TABLE billing.claim ADD COLUMN {name} jsonb NOT NULL DEFAULT '[]'::jsonb"
        )
        op.execute(f"ALTER TABLE billing.claim ALTER COLUMN {name} DROP DEFAULT")


def downgrade() -> None:
    for name in _COLUMNS:
        op.execute(f"ALTER TABLE billing.claim DROP COLUMN {name}")
