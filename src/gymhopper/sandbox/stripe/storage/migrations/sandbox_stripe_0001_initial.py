"""Objects, the agenda of the billing clock, deliveries and idempotency keys."""

from alembic import op

revision = "sandbox_stripe_0001"
down_revision = None

# No row-level security: these tables play a provider outside the platform. They hold nobody's
# tenant data, and a real provider does not know our organisations either.
# Times are Unix seconds, as in every object of this API.
SQL = """
CREATE TABLE sandbox_stripe.object (
    id text PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    account text NOT NULL,
    kind text NOT NULL,
    created bigint NOT NULL,
    body jsonb NOT NULL,
    hidden jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN sandbox_stripe.object.hidden IS 'what the API does not show: a session''s items';
CREATE INDEX object_kind ON sandbox_stripe.object (kind, seq);
CREATE INDEX object_customer ON sandbox_stripe.object (kind, (body->>'customer'), seq)
    WHERE body ? 'customer';
CREATE INDEX object_subscription ON sandbox_stripe.object
    (kind, (body#>>'{parent,subscription_details,subscription}'), seq) WHERE kind = 'invoice';
CREATE INDEX object_invoice ON sandbox_stripe.object (kind, (body->>'invoice'), seq)
    WHERE kind = 'invoice_payment';
CREATE INDEX object_paid_with ON sandbox_stripe.object
    (kind, (body#>>'{payment,payment_intent}'), seq) WHERE kind = 'invoice_payment';
CREATE INDEX object_intent ON sandbox_stripe.object (kind, (body->>'payment_intent'), seq)
    WHERE kind IN ('charge', 'refund');

CREATE TABLE sandbox_stripe.agenda (
    object_id text NOT NULL,
    action text NOT NULL,
    owner_id text NOT NULL,
    due_at bigint NOT NULL,
    PRIMARY KEY (object_id, action)
);
COMMENT ON COLUMN sandbox_stripe.agenda.owner_id IS
    'the subscription (or the object itself) whose entries are done in order';
CREATE INDEX agenda_due ON sandbox_stripe.agenda (due_at);
CREATE INDEX agenda_owner ON sandbox_stripe.agenda (owner_id, due_at);

CREATE TABLE sandbox_stripe.delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL REFERENCES sandbox_stripe.object,
    due_at double precision,
    attempts integer NOT NULL DEFAULT 0,
    delivered_at double precision,
    answer text
);
COMMENT ON COLUMN sandbox_stripe.delivery.due_at IS 'of the next try; NULL: delivered or given up';
CREATE INDEX delivery_due ON sandbox_stripe.delivery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_event ON sandbox_stripe.delivery (event_id);

CREATE TABLE sandbox_stripe.idempotency (
    key text PRIMARY KEY,
    fingerprint text NOT NULL,
    created bigint NOT NULL,
    status integer NOT NULL,
    body jsonb NOT NULL
);
CREATE INDEX idempotency_created ON sandbox_stripe.idempotency (created);
"""


def upgrade() -> None:
    op.execute(SQL)
