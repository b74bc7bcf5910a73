"""Whoever brings a guest sees the guest's booking."""

from alembic import op

revision = "scheduling_0003"
down_revision = "scheduling_0002"


def upgrade() -> None:
    op.execute(
        "CREATE POLICY brought ON scheduling.booking"
        " FOR SELECT USING (chassis.acts_as(host_person_id, host_organisation_id))"
    )


def downgrade() -> None:
    op.execute("DROP POLICY brought ON scheduling.booking")
