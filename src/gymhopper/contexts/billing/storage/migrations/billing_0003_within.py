"""Through a member's eyes a gym sees what is owed to itself."""

from alembic import op

revision = "billing_0003"
down_revision = "billing_0002"

TABLES = "billing_account dues subscription checkout claim payment refund"


def upgrade() -> None:
    for table in TABLES.split():
        op.execute(
            f"ALTER POLICY own ON billing.{table}"
            " USING (chassis.acts_as(person_id, organisation_id))"
        )


def downgrade() -> None:
    for table in TABLES.split():
        op.execute(f"ALTER POLICY own ON billing.{table} USING (chassis.acts_as(person_id))")
