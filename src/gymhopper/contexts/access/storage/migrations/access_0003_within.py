"""Through a member's eyes a gym sees what it took part in."""

from alembic import op

revision = "access_0003"
down_revision = "access_0002"


def upgrade() -> None:
    op.execute(
        "ALTER POLICY own ON access.credential USING (chassis.acts_as(person_id, organisation_id))"
    )
    for table in ("visit", "journal"):
        op.execute(
            f"ALTER POLICY own ON access.{table}"
            " USING (chassis.acts_as(person_id, host_organisation_id)"
            " OR chassis.acts_as(person_id, home_organisation_id))"
        )


def downgrade() -> None:
    for table in ("credential", "visit", "journal"):
        op.execute(f"ALTER POLICY own ON access.{table} USING (chassis.acts_as(person_id))")
