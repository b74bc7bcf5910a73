"""Dues, subscriptions, checkouts, claims, payments, refunds and the provider's webhooks."""

from alembic import op

revision = "billing_0001"
down_revision = None

SQL = """
-- Numbers taken before an object is fetched: a higher one was fetched later.
CREATE SEQUENCE billing.fence AS bigint;

CREATE TABLE billing.billing_account (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    provider text NOT NULL,
    provider_customer_id text
);
CREATE UNIQUE INDEX billing_account_person
    ON billing.billing_account (organisation_id, person_id, provider);

CREATE TABLE billing.dues (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    membership_id uuid NOT NULL UNIQUE,
    billing_account_id uuid NOT NULL REFERENCES billing.billing_account (id),
    currency text NOT NULL,
    owed bigint NOT NULL,
    overdue_since timestamptz,
    ends_at timestamptz,
    ended boolean NOT NULL,
    contract_ended boolean NOT NULL,
    collect_until timestamptz,
    asked_until timestamptz,
    frozen jsonb NOT NULL
);
CREATE INDEX dues_organisation ON billing.dues (organisation_id);

CREATE TABLE billing.subscription (
    id uuid PRIMARY KEY,
    dues_id uuid NOT NULL REFERENCES billing.dues (id),
    organisation_id uuid NOT NULL,
    provider text NOT NULL,
    provider_id text,
    fence bigint NOT NULL,
    status text NOT NULL,
    customer_id text,
    price_id text,
    amount bigint,
    currency text,
    period_start timestamptz,
    period_until timestamptz,
    cancel_at timestamptz,
    cancel_at_period_end boolean NOT NULL,
    canceled_at timestamptz,
    ended_at timestamptz,
    collection_paused boolean NOT NULL
);
CREATE UNIQUE INDEX subscription_provider ON billing.subscription (provider, provider_id);
CREATE UNIQUE INDEX subscription_one_running ON billing.subscription (dues_id)
    WHERE status NOT IN ('canceled', 'incomplete_expired');
CREATE INDEX subscription_dues ON billing.subscription (dues_id);

CREATE TABLE billing.checkout (
    id uuid PRIMARY KEY,
    subscription_id uuid NOT NULL REFERENCES billing.subscription (id),
    organisation_id uuid NOT NULL,
    membership_id uuid NOT NULL,
    description text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    interval text NOT NULL,
    interval_count integer NOT NULL,
    success_url text NOT NULL,
    cancel_url text NOT NULL,
    status text NOT NULL
        CONSTRAINT checkout_status CHECK (status IN ('open', 'complete', 'expired')),
    provider_id text UNIQUE,
    url text,
    expires_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX checkout_one_open ON billing.checkout (subscription_id)
    WHERE status = 'open';

CREATE TABLE billing.claim (
    id uuid PRIMARY KEY,
    dues_id uuid NOT NULL REFERENCES billing.dues (id),
    organisation_id uuid NOT NULL,
    membership_id uuid NOT NULL,
    subscription_id uuid REFERENCES billing.subscription (id),
    provider text NOT NULL,
    provider_invoice_id text NOT NULL,
    fence bigint NOT NULL,
    amount bigint NOT NULL,
    outstanding bigint NOT NULL,
    currency text NOT NULL,
    start timestamptz NOT NULL,
    until timestamptz NOT NULL,
    first boolean NOT NULL,
    status text NOT NULL
        CONSTRAINT claim_status CHECK (status IN ('open', 'failed', 'paid', 'void')),
    refunded bigint NOT NULL,
    failure_known_at timestamptz,
    paid_at timestamptz
);
CREATE UNIQUE INDEX claim_invoice ON billing.claim (provider, provider_invoice_id);
CREATE INDEX claim_dues ON billing.claim (dues_id);

CREATE TABLE billing.payment (
    id uuid PRIMARY KEY,
    claim_id uuid NOT NULL REFERENCES billing.claim (id),
    organisation_id uuid NOT NULL,
    provider_payment_id text NOT NULL UNIQUE,
    amount bigint NOT NULL,
    currency text NOT NULL,
    paid_at timestamptz NOT NULL
);
CREATE INDEX payment_claim ON billing.payment (claim_id);

CREATE TABLE billing.refund (
    id uuid PRIMARY KEY,
    claim_id uuid NOT NULL REFERENCES billing.claim (id),
    organisation_id uuid NOT NULL,
    payment_id uuid NOT NULL REFERENCES billing.payment (id),
    provider_refund_id text UNIQUE,
    amount bigint NOT NULL CONSTRAINT refund_amount CHECK (amount > 0),
    currency text NOT NULL,
    access text NOT NULL CONSTRAINT refund_access CHECK (access IN ('keep', 'end_now')),
    status text NOT NULL CONSTRAINT refund_status
        CHECK (status IN ('requested', 'pending', 'succeeded', 'failed', 'canceled')),
    actor text NOT NULL,
    requested_at timestamptz NOT NULL,
    succeeded_at timestamptz,
    failure text
);
CREATE INDEX refund_claim ON billing.refund (claim_id);

CREATE TABLE billing.webhook_event (
    id uuid PRIMARY KEY,
    source text NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    api_version text,
    account text,
    body bytea NOT NULL,
    state text NOT NULL CONSTRAINT webhook_event_state
        CHECK (state IN ('received', 'handled', 'ignored', 'dead')),
    attempts integer NOT NULL,
    note text,
    received_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    handled_at timestamptz
);
CREATE UNIQUE INDEX webhook_event_once ON billing.webhook_event (source, event_id);
CREATE INDEX webhook_event_due ON billing.webhook_event (due_at) WHERE state = 'received';
CREATE INDEX webhook_event_received ON billing.webhook_event (received_at, id);
"""

_TENANT = ("billing_account", "dues", "subscription", "checkout", "claim", "payment", "refund")


def upgrade() -> None:
    op.execute(SQL)
    for table in _TENANT:
        op.execute(f"ALTER TABLE billing.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON billing.{table} USING (chassis.acts_for(organisation_id))"
        )
    # Whose event it is comes out only when it is applied: for the platform's own work alone.
    op.execute("ALTER TABLE billing.webhook_event ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY platform ON billing.webhook_event USING (chassis.acts_for(NULL))")


def downgrade() -> None:
    op.execute("DROP SCHEMA billing CASCADE")
