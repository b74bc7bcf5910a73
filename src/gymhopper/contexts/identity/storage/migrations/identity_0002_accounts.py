"""Accounts, sessions and what they sign in with."""

from alembic import op

revision = "identity_0002"
down_revision = "identity_0001"

SQL = """
"""


def upgrade() -> None:
    if SQL.strip():
        op.execute(SQL)


def downgrade() -> None:
    pass
