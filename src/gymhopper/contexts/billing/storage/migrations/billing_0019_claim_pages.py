"""Pages on which claims are paid again, and payments that came in by them."""

from alembic import op

revision = "billing_0019"
down_revision = "billing_0018"

SQL = """
ALTER TABLE billing.payment ADD COLUMN fence bigint;

CREATE TABLE billing.claim_page (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    claim_id uuid NOT NULL REFERENCES billing.claim (id),
    amount bigint NOT NULL CONSTRAINT claim_page_amount CHECK (amount > 0),
    currency text NOT NULL,
    text text NOT NULL,
    return_url text NOT NULL,
    status text NOT NULL CONSTRAINT claim_page_status
        CHECK (status IN ('open', 'complete', 'expired')),
    provider_id text UNIQUE,
    url text,
    expires_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX claim_page_one_open ON billing.claim_page (claim_id) WHERE status = 'open';

ALTER TABLE billing.claim_page ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON billing.claim_page USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON billing.claim_page FOR SELECT
    USING (chassis.acts_as(person_id, organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE billing.claim_page")
    op.execute("ALTER TABLE billing.payment DROP COLUMN fence")
