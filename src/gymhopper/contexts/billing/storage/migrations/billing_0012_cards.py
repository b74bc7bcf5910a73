"""Pages on which cards are added, and cards that were removed."""

from alembic import op

revision = "billing_0012"
down_revision = "billing_0011"

SQL = """
-- Names of the provider's, never a card's number.
CREATE TABLE billing.card_page (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    person_id uuid,
    billing_account_id uuid NOT NULL REFERENCES billing.billing_account (id),
    success_url text NOT NULL,
    cancel_url text NOT NULL,
    status text NOT NULL CONSTRAINT card_page_status
        CHECK (status IN ('open', 'complete', 'expired')),
    provider_id text UNIQUE,
    url text,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    card_id text,
    applied_at timestamptz
);
CREATE UNIQUE INDEX card_page_one_open ON billing.card_page (billing_account_id)
    WHERE status = 'open';
CREATE INDEX card_page_account ON billing.card_page (billing_account_id, created_at);

CREATE TABLE billing.removed_card (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    person_id uuid,
    billing_account_id uuid NOT NULL REFERENCES billing.billing_account (id),
    card_id text NOT NULL UNIQUE,
    removed_at timestamptz NOT NULL,
    done_at timestamptz
);
CREATE INDEX removed_card_account ON billing.removed_card (billing_account_id);
"""

_TABLES = ("card_page", "removed_card")


def upgrade() -> None:
    op.execute(SQL)
    for table in _TABLES:
        op.execute(f"ALTER TABLE billing.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON billing.{table} USING (chassis.acts_for(organisation_id))"
        )
        op.execute(
            f"CREATE POLICY own ON billing.{table} FOR SELECT"
            " USING (chassis.acts_as(person_id, organisation_id))"
        )


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"DROP TABLE billing.{table}")
