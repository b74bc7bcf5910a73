"""Claims that are given up: how much of one, when and why."""

from alembic import op

revision = "billing_0014"
down_revision = "billing_0013"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE billing.claim ADD COLUMN written_off bigint NOT NULL DEFAULT 0"
        " CONSTRAINT claim_written_off CHECK (written_off >= 0),"
        " ADD COLUMN written_off_at timestamptz, ADD COLUMN written_off_because text,"
        " DROP CONSTRAINT claim_status, ADD CONSTRAINT claim_status"
        " CHECK (status IN ('open', 'failed', 'paid', 'void', 'written_off'))"
    )
    op.execute("ALTER TABLE billing.claim ALTER COLUMN written_off DROP DEFAULT")


def downgrade() -> None:
    op.execute("UPDATE billing.claim SET status = 'failed' WHERE status = 'written_off'")
    op.execute(
        "ALTER TABLE billing.claim DROP COLUMN written_off, DROP COLUMN written_off_at,"
        " DROP COLUMN written_off_because, DROP CONSTRAINT claim_status,"
        " ADD CONSTRAINT claim_status CHECK (status IN ('open', 'failed', 'paid', 'void'))"
    )
