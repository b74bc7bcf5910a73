"""Claims for which more came in than they ask for: it is credit."""

from alembic import op

revision = "billing_0017"
down_revision = "billing_0016"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE billing.claim ADD COLUMN overpaid bigint NOT NULL DEFAULT 0"
        " CONSTRAINT claim_overpaid CHECK (overpaid >= 0)"
    )
    op.execute("ALTER TABLE billing.claim ALTER COLUMN overpaid DROP DEFAULT")
    _kinds(
        "'granted', 'used', 'returned', 'withdrawn', 'overpaid', 'reclaimed'",
        "'granted', 'returned', 'overpaid'",
    )


def downgrade() -> None:
    op.execute("ALTER TABLE billing.claim DROP COLUMN overpaid")
    _kinds("'granted', 'used', 'returned', 'withdrawn'", "'granted', 'returned'")


def _kinds(every: str, more: str) -> None:
    op.execute(
        "ALTER TABLE billing.credit_movement"
        " DROP CONSTRAINT credit_movement_kind, DROP CONSTRAINT credit_movement_amount,"
        f" ADD CONSTRAINT credit_movement_kind CHECK (kind IN ({every})),"
        " ADD CONSTRAINT credit_movement_amount"
        f" CHECK (amount <> 0 AND (amount > 0) = (kind IN ({more})))"
    )
