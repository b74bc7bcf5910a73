"""Appointments take credits."""

from alembic import op

revision = "scheduling_0007"
down_revision = "scheduling_0006"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE scheduling.service ADD COLUMN credits integer NOT NULL DEFAULT 0"
        " CONSTRAINT service_credits CHECK (credits BETWEEN 0 AND 100"
        " AND (credits = 0 OR class_type_id IS NOT NULL))"
    )
    op.execute(
        "ALTER TABLE scheduling.appointment ADD COLUMN credits integer NOT NULL DEFAULT 0"
        " CONSTRAINT appointment_credits CHECK (credits >= 0),"
        " ADD COLUMN credits_known boolean NOT NULL DEFAULT false"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE scheduling.appointment DROP COLUMN credits, DROP COLUMN credits_known")
    op.execute("ALTER TABLE scheduling.service DROP COLUMN credits")
