"""Locations say when staff are there."""

from alembic import op

revision = "venues_0002"
down_revision = "venues_0001"


def upgrade() -> None:
    # `staffed_weekly` is null where nothing is said: staffed whenever it is open.
    op.execute(
        "ALTER TABLE venues.location ADD COLUMN staffed_weekly jsonb,"
        " ADD COLUMN staffed_exceptions jsonb NOT NULL DEFAULT '[]'"
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE venues.location DROP COLUMN staffed_exceptions, DROP COLUMN staffed_weekly"
    )
