"""The audit log."""

revision = "chassis_0003"
down_revision = "chassis_0002"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
