"""What is charged for a change of plan may be below zero: so much is left over, as credit."""

from alembic import op

revision = "membership_0027"
down_revision = "membership_0026"

SQL = "ALTER TABLE membership.plan_change DROP CONSTRAINT plan_change_charged_check"

BACK = """
ALTER TABLE membership.plan_change
    ADD CONSTRAINT plan_change_charged_check CHECK (charged >= 0) NOT VALID
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(BACK)
