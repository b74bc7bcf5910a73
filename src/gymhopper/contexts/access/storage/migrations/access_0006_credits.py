"""Visits say whether they used up a credit."""

from alembic import op

revision = "access_0006"
down_revision = "access_0005"

SQL = """
ALTER TABLE access.visit ADD COLUMN on_credit boolean NOT NULL DEFAULT false;
ALTER TABLE access.visit ALTER COLUMN on_credit DROP DEFAULT;
CREATE INDEX visit_on_credit ON access.visit (person_id, membership_id) WHERE on_credit;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE access.visit DROP COLUMN on_credit")
