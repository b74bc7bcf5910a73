"""Visits say in which week and in which period of their contract they count."""

from alembic import op

revision = "access_0008"
down_revision = "access_0007"

SQL = """
ALTER TABLE access.visit ADD COLUMN week integer NOT NULL DEFAULT 0;
ALTER TABLE access.visit ADD COLUMN cycle integer NOT NULL DEFAULT 0;
ALTER TABLE access.visit ALTER COLUMN week DROP DEFAULT;
ALTER TABLE access.visit ALTER COLUMN cycle DROP DEFAULT;
CREATE INDEX visit_cycle ON access.visit (cycle) WHERE cycle > 0;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE access.visit DROP COLUMN week, DROP COLUMN cycle")
