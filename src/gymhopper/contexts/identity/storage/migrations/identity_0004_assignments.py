"""For whom an account acts."""

from alembic import op

revision = "identity_0004"
down_revision = "identity_0003"

SQL = """
"""


def upgrade() -> None:
    if SQL.strip():
        op.execute(SQL)


def downgrade() -> None:
    pass
