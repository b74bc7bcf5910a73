"""Appointments cost something when they are cancelled late or missed."""

from alembic import op

revision = "scheduling_0009"
down_revision = "scheduling_0008"

SQL = """
ALTER TABLE scheduling.service
    ADD COLUMN late_fee jsonb,
    ADD COLUMN missed_fee jsonb,
    ADD COLUMN late_credits_back boolean NOT NULL DEFAULT false,
    ADD COLUMN missed_credits_back boolean NOT NULL DEFAULT false;
-- What is booked already was booked without fees, and returns no credits when it is late.
ALTER TABLE scheduling.appointment ADD COLUMN terms jsonb NOT NULL DEFAULT '{}';

-- A fee is of a booking or of an appointment.
ALTER TABLE scheduling.fee
    ALTER COLUMN booking_id DROP NOT NULL,
    ADD COLUMN appointment_id uuid
        CONSTRAINT fee_appointment REFERENCES scheduling.appointment (id),
    ADD CONSTRAINT fee_of CHECK (num_nonnulls(booking_id, appointment_id) = 1);
CREATE UNIQUE INDEX fee_once_of_appointment ON scheduling.fee (appointment_id, why)
    WHERE status <> 'waived' AND appointment_id IS NOT NULL;
CREATE INDEX fee_of_appointment ON scheduling.fee (appointment_id)
    WHERE appointment_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DELETE FROM scheduling.fee WHERE appointment_id IS NOT NULL")
    op.execute(
        "ALTER TABLE scheduling.fee DROP COLUMN appointment_id,"
        " ALTER COLUMN booking_id SET NOT NULL"
    )
    op.execute("ALTER TABLE scheduling.appointment DROP COLUMN terms")
    op.execute(
        "ALTER TABLE scheduling.service DROP COLUMN late_fee, DROP COLUMN missed_fee,"
        " DROP COLUMN late_credits_back, DROP COLUMN missed_credits_back"
    )
