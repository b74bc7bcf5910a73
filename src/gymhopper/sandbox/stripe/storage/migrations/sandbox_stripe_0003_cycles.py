"""Test clocks with an agenda of their own, invoice items, discounts, credit notes."""

from alembic import op

revision = "sandbox_stripe_0003"
down_revision = "sandbox_stripe_0002"

SQL = """
ALTER TABLE sandbox_stripe.agenda ADD COLUMN clock text;
COMMENT ON COLUMN sandbox_stripe.agenda.clock IS 'the test clock whose time counts; NULL: ours';
DROP INDEX sandbox_stripe.agenda_due;
CREATE INDEX agenda_due ON sandbox_stripe.agenda (due_at) WHERE clock IS NULL;
CREATE INDEX agenda_clock ON sandbox_stripe.agenda (clock, due_at) WHERE clock IS NOT NULL;
CREATE INDEX agenda_arrive ON sandbox_stripe.agenda (object_id) WHERE action = 'arrive';
CREATE INDEX object_items ON sandbox_stripe.object
    (kind, (body#>>'{parent,subscription_details,subscription}'), seq) WHERE kind = 'invoiceitem';
CREATE INDEX object_credited ON sandbox_stripe.object (kind, (body->>'invoice'), seq)
    WHERE kind IN ('credit_note', 'invoiceitem');
CREATE INDEX object_clock ON sandbox_stripe.object ((body->>'test_clock'))
    WHERE body->>'test_clock' IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(SQL)
