"""A key's former token, which goes on for a while after a rotation."""

from alembic import op

revision = "identity_0005"
down_revision = "identity_0004"

SQL = """
ALTER TABLE identity.api_key
    ADD COLUMN former_prefix text UNIQUE,
    ADD COLUMN former_hash bytea,
    ADD COLUMN former_until timestamptz,
    ADD CONSTRAINT api_key_former CHECK (
        num_nulls(former_prefix, former_hash, former_until) IN (0, 3));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE identity.api_key"
        " DROP COLUMN former_prefix, DROP COLUMN former_hash, DROP COLUMN former_until"
    )
