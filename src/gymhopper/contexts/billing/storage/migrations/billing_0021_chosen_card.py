"""Which of the saved cards a payer wants to be charged by, until the provider has heard it."""

from alembic import op

revision = "billing_0021"
down_revision = "billing_0020"


def upgrade() -> None:
    op.execute("ALTER TABLE billing.billing_account ADD COLUMN chosen_card text")


def downgrade() -> None:
    op.execute("ALTER TABLE billing.billing_account DROP COLUMN chosen_card")
