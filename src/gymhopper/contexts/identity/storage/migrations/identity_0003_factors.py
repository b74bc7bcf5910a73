"""Second factors, passkeys and subjects of OIDC providers."""

from alembic import op

revision = "identity_0003"
down_revision = "identity_0002"

SQL = """
"""


def upgrade() -> None:
    if SQL.strip():
        op.execute(SQL)


def downgrade() -> None:
    pass
