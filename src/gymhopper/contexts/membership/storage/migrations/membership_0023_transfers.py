"""Memberships that go over to another member, linked both ways."""

from alembic import op

revision = "membership_0023"
down_revision = "membership_0022"

SQL = """
ALTER TABLE membership.membership
    ADD COLUMN transferred_at timestamptz,
    ADD COLUMN transferred_to uuid,
    ADD COLUMN transferred_from uuid,
    ADD COLUMN transfer_reason text;

-- A lot that went over to another membership is a lot of its own there.
ALTER TABLE membership.credit_entry DROP CONSTRAINT credit_entry_kind_check,
    ADD CONSTRAINT credit_entry_kind_check CHECK (kind IN ('grant', 'spend', 'overdraw', 'settle',
        'give_back', 'expire', 'revive', 'refund', 'hand_over', 'take_over'));
"""

BACK = """
ALTER TABLE membership.credit_entry DROP CONSTRAINT credit_entry_kind_check,
    ADD CONSTRAINT credit_entry_kind_check CHECK (kind IN ('grant', 'spend', 'overdraw', 'settle',
        'give_back', 'expire', 'revive', 'refund'));
ALTER TABLE membership.membership
    DROP COLUMN transferred_at, DROP COLUMN transferred_to, DROP COLUMN transferred_from,
    DROP COLUMN transfer_reason;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(BACK)
