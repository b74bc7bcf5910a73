"""A sequencer may ask quickly, and bound to nobody, whether there is anything to number."""

from alembic import op

revision = "chassis_0006"
down_revision = "chassis_0005"

SQL = """
-- Tells nobody more than that an event was written just now.
CREATE FUNCTION bus.is_waiting() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    RETURN EXISTS (SELECT FROM bus.event WHERE seq IS NULL);
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP FUNCTION bus.is_waiting()")
