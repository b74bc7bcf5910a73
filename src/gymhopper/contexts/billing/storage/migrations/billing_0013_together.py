"""Webhooks say what they are about, so that one look is enough for all that wait for it."""

from alembic import op

revision = "billing_0013"
down_revision = "billing_0012"

SQL = """
-- Empty for those that came before.
ALTER TABLE billing.webhook_event ADD COLUMN about text, ADD COLUMN subject text;
CREATE INDEX webhook_event_about ON billing.webhook_event (about) WHERE state = 'received';
CREATE INDEX webhook_event_subject ON billing.webhook_event (subject) WHERE state = 'received';
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE billing.webhook_event DROP COLUMN about, DROP COLUMN subject")
