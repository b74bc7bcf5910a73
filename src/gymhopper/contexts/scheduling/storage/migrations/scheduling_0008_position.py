"""Whoever waits is told how many are before them, of whom they see nothing else."""

from alembic import op

revision = "scheduling_0008"
down_revision = "scheduling_0007"


def upgrade() -> None:
    op.execute(
        "CREATE FUNCTION scheduling.waiting_up_to(of_class uuid, up_to integer) RETURNS bigint"
        " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$"
        " SELECT count(*) FROM scheduling.booking"
        " WHERE class_id = of_class AND status = 'waiting' AND number <= up_to $$"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION scheduling.waiting_up_to")
