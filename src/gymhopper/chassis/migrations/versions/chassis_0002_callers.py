"""A member's own rows, and the answers of requests that may be sent twice."""

from alembic import op

revision = "chassis_0002"
down_revision = "chassis_0001"

SQL = """
-- A member's transaction is bound to a person instead of an organisation.
CREATE FUNCTION chassis.acts_as(person uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN person = nullif(current_setting('gymhopper.person', true), '')::uuid;

-- One row for each (caller, Idempotency-Key), written in the transaction of the effect.
CREATE TABLE chassis.idempotency (
    caller text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint NOT NULL,
    headers bytea NOT NULL,
    answer bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_created_at ON chassis.idempotency (created_at);
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE chassis.idempotency")
    op.execute("DROP FUNCTION chassis.acts_as")
