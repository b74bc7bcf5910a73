"""Whose membership it was before it went over."""

from alembic import op

revision = "billing_0023"
down_revision = "billing_0022"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE billing.dues ADD COLUMN former_id uuid"
        " CONSTRAINT dues_former_id_fkey REFERENCES billing.dues (id)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE billing.dues DROP COLUMN former_id")
