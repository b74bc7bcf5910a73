"""Webhook endpoints, what they are to be told, and how telling them went."""

from alembic import op

revision = "integrations_0001"
down_revision = None

SQL = """
CREATE TABLE integrations.endpoint (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    url text NOT NULL,
    description text NOT NULL,
    event_types text[] NOT NULL,
    secret bytea NOT NULL,
    created_at timestamptz NOT NULL,
    status text NOT NULL CONSTRAINT endpoint_status CHECK (status IN ('enabled', 'disabled')),
    disabled_reason text
        CONSTRAINT endpoint_disabled_reason
        CHECK (disabled_reason IN ('by_hand', 'gone', 'failing')),
    disabled_at timestamptz,
    previous_secret bytea,
    previous_until timestamptz,
    failures integer NOT NULL,
    failing_since timestamptz,
    not_before timestamptz,
    version integer NOT NULL
);
CREATE INDEX endpoint_organisation ON integrations.endpoint (organisation_id, id);

-- What an organisation is told of an event: stored once, however many endpoints it goes to.
CREATE TABLE integrations.message (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    occurred_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT message_once UNIQUE (event_id, organisation_id)
);
CREATE INDEX message_occurred_at ON integrations.message (organisation_id, occurred_at);
CREATE INDEX message_stored_at ON integrations.message (stored_at);

CREATE TABLE integrations.delivery (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    endpoint_id uuid NOT NULL REFERENCES integrations.endpoint ON DELETE CASCADE,
    message_id uuid NOT NULL REFERENCES integrations.message ON DELETE CASCADE,
    webhook_id text NOT NULL,
    type text NOT NULL,
    status text NOT NULL
        CONSTRAINT delivery_status CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts integer NOT NULL,
    tries integer NOT NULL,
    due_at timestamptz,
    give_up_at timestamptz,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT delivery_once UNIQUE (endpoint_id, message_id)
);
CREATE INDEX delivery_message ON integrations.delivery (message_id);
CREATE INDEX delivery_log ON integrations.delivery (endpoint_id, id);
CREATE INDEX delivery_due ON integrations.delivery (endpoint_id, due_at) WHERE status = 'pending';
CREATE INDEX delivery_given_up ON integrations.delivery (give_up_at) WHERE status = 'pending';

CREATE TABLE integrations.attempt (
    delivery_id uuid NOT NULL REFERENCES integrations.delivery ON DELETE CASCADE,
    number integer NOT NULL,
    organisation_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    milliseconds integer,
    outcome text,
    status_code integer,
    answer text,
    PRIMARY KEY (delivery_id, number)
);

ALTER TABLE integrations.endpoint ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON integrations.endpoint USING (chassis.acts_for(organisation_id));
ALTER TABLE integrations.message ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON integrations.message USING (chassis.acts_for(organisation_id));
ALTER TABLE integrations.delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON integrations.delivery USING (chassis.acts_for(organisation_id));
ALTER TABLE integrations.attempt ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON integrations.attempt USING (chassis.acts_for(organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    for table in ("attempt", "delivery", "message", "endpoint"):
        op.execute(f"DROP TABLE integrations.{table}")
