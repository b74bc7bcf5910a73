"""Where a comparison with the provider stands, and what it found."""

from alembic import op

revision = "billing_0007"
down_revision = "billing_0006"

SQL = """
CREATE TABLE billing.reconciliation (
    id uuid PRIMARY KEY,
    provider text NOT NULL,
    since timestamptz,
    started_at timestamptz NOT NULL,
    stage text NOT NULL,
    cursor text,
    compared integer NOT NULL,
    finished_at timestamptz
);
CREATE UNIQUE INDEX reconciliation_under_way ON billing.reconciliation (provider)
    WHERE finished_at IS NULL;

CREATE TABLE billing.reconciliation_seen (
    reconciliation_id uuid NOT NULL REFERENCES billing.reconciliation (id) ON DELETE CASCADE,
    provider_id text NOT NULL,
    PRIMARY KEY (reconciliation_id, provider_id)
);

CREATE TABLE billing.reconciliation_finding (
    reconciliation_id uuid NOT NULL REFERENCES billing.reconciliation (id) ON DELETE CASCADE,
    provider_id text NOT NULL,
    kind text NOT NULL,
    verdict text NOT NULL CONSTRAINT reconciliation_finding_verdict
        CHECK (verdict IN ('repaired', 'ours_alone', 'provider_alone', 'failed')),
    our_id uuid,
    detail text,
    PRIMARY KEY (reconciliation_id, provider_id)
);
"""

_TABLES = ("reconciliation_seen", "reconciliation_finding", "reconciliation")


def upgrade() -> None:
    op.execute(SQL)
    # One account of the provider holds what belongs to many organisations.
    for table in _TABLES:
        op.execute(f"ALTER TABLE billing.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY platform ON billing.{table} USING (chassis.acts_for(NULL))")


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"DROP TABLE billing.{table}")
