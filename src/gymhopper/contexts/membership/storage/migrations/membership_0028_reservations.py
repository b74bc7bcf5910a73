"""Bookings take credits and return them, several times and of several lots."""

from alembic import op

revision = "membership_0028"
down_revision = "membership_0027"

SQL = """
ALTER TABLE membership.credit_entry
    -- The booking's own version at the change that caused the line.
    ADD COLUMN booking_version integer CHECK (booking_version > 0),
    DROP CONSTRAINT credit_entry_once,
    DROP CONSTRAINT credit_entry_kind_check,
    ADD CONSTRAINT credit_entry_kind_check CHECK (kind IN ('grant', 'spend', 'overdraw', 'settle',
        'give_back', 'expire', 'revive', 'refund', 'hand_over', 'take_over', 'reserve', 'release')),
    ADD CONSTRAINT credit_entry_booking CHECK
        (kind NOT IN ('reserve', 'release') OR booking_version IS NOT NULL);
CREATE UNIQUE INDEX credit_entry_once ON membership.credit_entry (membership_id, kind, cause)
    WHERE booking_version IS NULL;
-- An overdrawn credit has no lot, and is written down once, too.
CREATE UNIQUE INDEX credit_entry_of_booking_once
    ON membership.credit_entry (membership_id, cause, booking_version, kind, lot_id)
    NULLS NOT DISTINCT WHERE booking_version IS NOT NULL;
"""

BACK = """
DROP INDEX membership.credit_entry_once;
DROP INDEX membership.credit_entry_of_booking_once;
ALTER TABLE membership.credit_entry
    DROP CONSTRAINT credit_entry_booking,
    DROP CONSTRAINT credit_entry_kind_check,
    ADD CONSTRAINT credit_entry_kind_check CHECK (kind IN ('grant', 'spend', 'overdraw', 'settle',
        'give_back', 'expire', 'revive', 'refund', 'hand_over', 'take_over')) NOT VALID,
    DROP COLUMN booking_version;
ALTER TABLE membership.credit_entry
    ADD CONSTRAINT credit_entry_once UNIQUE (membership_id, kind, cause);
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(BACK)
