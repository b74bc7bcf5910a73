"""A booking tells that it began in line, whatever became of it."""

from alembic import op

revision = "scheduling_0004"
down_revision = "scheduling_0003"


def upgrade() -> None:
    op.execute("ALTER TABLE scheduling.booking ADD COLUMN waited boolean NOT NULL DEFAULT false")
    op.execute("UPDATE scheduling.booking SET waited = true WHERE status = 'waiting'")
    op.execute(
        "CREATE INDEX booking_waited ON scheduling.booking (person_id, booked_at) WHERE waited"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE scheduling.booking DROP COLUMN waited")
