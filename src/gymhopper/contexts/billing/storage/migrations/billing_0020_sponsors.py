"""What sponsors are asked for: their own dues, months, and the periods of their people."""

from alembic import op

revision = "billing_0020"
down_revision = "billing_0019"

SQL = """
ALTER TABLE billing.dues
    ADD COLUMN kind text NOT NULL DEFAULT 'membership' CONSTRAINT dues_kind
        CHECK (kind IN ('membership', 'sponsor'));
ALTER TABLE billing.dues ALTER COLUMN kind DROP DEFAULT;
ALTER TABLE billing.claim DROP CONSTRAINT claim_kind;
ALTER TABLE billing.claim ADD CONSTRAINT claim_kind
    CHECK (kind IN ('period', 'fee', 'collective'));

CREATE TABLE billing.sponsor_account (
    id uuid PRIMARY KEY REFERENCES billing.billing_account (id),
    organisation_id uuid NOT NULL,
    dues_id uuid NOT NULL UNIQUE REFERENCES billing.dues (id),
    pays_within_days integer NOT NULL CHECK (pays_within_days > 0),
    billed_from timestamptz NOT NULL,
    billed_until timestamptz NOT NULL
);

CREATE TABLE billing.covered_period (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    sponsor_id uuid NOT NULL REFERENCES billing.sponsor_account (id),
    membership_id uuid NOT NULL,
    start timestamptz NOT NULL,
    until timestamptz NOT NULL,
    price bigint NOT NULL,
    part bigint NOT NULL,
    own bigint NOT NULL,
    currency text NOT NULL,
    claim_id uuid REFERENCES billing.claim (id),
    own_claim_id uuid REFERENCES billing.claim (id),
    CONSTRAINT covered_period_shared CHECK (part >= 0 AND own >= 0 AND part + own = price),
    -- Nobody is asked twice for the same time.
    CONSTRAINT covered_period_once UNIQUE (membership_id, start)
);
CREATE INDEX covered_period_claim ON billing.covered_period (claim_id, id);
CREATE INDEX covered_period_own ON billing.covered_period (sponsor_id, id)
    WHERE own > 0 AND own_claim_id IS NULL;
"""

_TABLES = ("sponsor_account", "covered_period")

BACK = """
ALTER TABLE billing.claim DROP CONSTRAINT claim_kind;
ALTER TABLE billing.claim ADD CONSTRAINT claim_kind CHECK (kind IN ('period', 'fee'));
ALTER TABLE billing.dues DROP COLUMN kind;
"""


def upgrade() -> None:
    op.execute(SQL)
    for table in _TABLES:
        op.execute(f"ALTER TABLE billing.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON billing.{table} USING (chassis.acts_for(organisation_id))"
        )


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE billing.{table}")
    op.execute(BACK)
