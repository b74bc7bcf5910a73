"""Connected accounts: the agenda knows whose entry it is, a delivery to which endpoint it goes."""

from alembic import op

revision = "sandbox_stripe_0002"
down_revision = "sandbox_stripe_0001"

SQL = """
ALTER TABLE sandbox_stripe.agenda ADD COLUMN account text NOT NULL DEFAULT 'acct_sandbox';
ALTER TABLE sandbox_stripe.agenda ALTER COLUMN account DROP DEFAULT;

ALTER TABLE sandbox_stripe.delivery ADD COLUMN endpoint_id text;
COMMENT ON COLUMN sandbox_stripe.delivery.endpoint_id IS
    'the webhook endpoint; NULL: the platform''s own route, which needs no registration';

DROP INDEX sandbox_stripe.object_kind;
CREATE INDEX object_kind ON sandbox_stripe.object (account, kind, seq);
CREATE INDEX object_balance ON sandbox_stripe.object (account, (body->>'currency'))
    WHERE kind = 'balance_transaction';
CREATE INDEX object_transfer_source ON sandbox_stripe.object
    (account, (body->>'source_transaction')) WHERE kind = 'transfer';
"""


def upgrade() -> None:
    op.execute(SQL)
