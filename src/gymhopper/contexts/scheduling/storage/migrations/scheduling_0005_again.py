"""A booking may be missed again after that was taken back: one fee and one strike of it stand."""

from alembic import op

revision = "scheduling_0005"
down_revision = "scheduling_0004"


def upgrade() -> None:
    op.execute("ALTER TABLE scheduling.fee DROP CONSTRAINT fee_once")
    op.execute(
        "CREATE UNIQUE INDEX fee_once ON scheduling.fee (booking_id, why) WHERE status <> 'waived'"
    )
    op.execute("ALTER TABLE scheduling.strike DROP CONSTRAINT strike_once")
    op.execute(
        "CREATE UNIQUE INDEX strike_once ON scheduling.strike (booking_id)"
        " WHERE taken_back_at IS NULL"
    )
    # What was waived or taken back is still found by its booking.
    op.execute("CREATE INDEX fee_of_booking ON scheduling.fee (booking_id)")
    op.execute("CREATE INDEX strike_of_booking ON scheduling.strike (booking_id)")


def downgrade() -> None:
    op.execute("DROP INDEX scheduling.fee_of_booking, scheduling.strike_of_booking")
    op.execute("DROP INDEX scheduling.fee_once, scheduling.strike_once")
    op.execute("ALTER TABLE scheduling.fee ADD CONSTRAINT fee_once UNIQUE (booking_id, why)")
    op.execute("ALTER TABLE scheduling.strike ADD CONSTRAINT strike_once UNIQUE (booking_id)")
