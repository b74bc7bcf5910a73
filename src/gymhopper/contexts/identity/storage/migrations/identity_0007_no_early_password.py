"""A password is chosen behind the link that opens the account, so none waits for it any more."""

from alembic import op

revision = "identity_0007"
down_revision = "identity_0006"


def upgrade() -> None:
    op.execute("ALTER TABLE identity.email_link DROP COLUMN password_hash")


def downgrade() -> None:
    op.execute("ALTER TABLE identity.email_link ADD COLUMN password_hash text")
