"""What a contract is bound by: terms, notice, freezes, debts; as sold."""

from alembic import op

revision = "membership_0007"
down_revision = "membership_0006"

SQL = """
ALTER TABLE membership.plan ADD COLUMN conditions jsonb NOT NULL DEFAULT '{}';
ALTER TABLE membership.membership ADD COLUMN conditions jsonb NOT NULL DEFAULT '{}';
ALTER TABLE membership.overlay
    ADD COLUMN stops_access boolean NOT NULL DEFAULT true,
    ADD COLUMN extends_term boolean NOT NULL DEFAULT false;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE membership.overlay DROP COLUMN extends_term, DROP COLUMN stops_access")
    op.execute("ALTER TABLE membership.membership DROP COLUMN conditions")
    op.execute("ALTER TABLE membership.plan DROP COLUMN conditions")
