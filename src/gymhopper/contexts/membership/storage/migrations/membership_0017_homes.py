"""Memberships have a home location, and others from a date on."""

from alembic import op

revision = "membership_0017"
down_revision = "membership_0016"

SQL = """
ALTER TABLE membership.membership ADD COLUMN homes jsonb NOT NULL DEFAULT '[]';
ALTER TABLE membership.membership ALTER COLUMN homes DROP DEFAULT;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE membership.membership DROP COLUMN homes")
