"""Through a member's eyes a gym sees its own membership, and none elsewhere."""

from alembic import op

revision = "membership_0004"
down_revision = "membership_0003"

TABLES = "member membership overlay agreement"


def upgrade() -> None:
    for table in TABLES.split():
        op.execute(
            f"ALTER POLICY own ON membership.{table}"
            " USING (chassis.acts_as(person_id, organisation_id))"
        )


def downgrade() -> None:
    for table in TABLES.split():
        op.execute(f"ALTER POLICY own ON membership.{table} USING (chassis.acts_as(person_id))")
