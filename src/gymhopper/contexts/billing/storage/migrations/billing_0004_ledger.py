"""The ledger in double entry: only added to, and every entry balances when it is committed."""

from alembic import op

revision = "billing_0004"
down_revision = "billing_0003"

SQL = """
CREATE TABLE billing.ledger_account (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    legal_entity_id uuid NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    "of" text NOT NULL
);
CREATE UNIQUE INDEX ledger_account_once
    ON billing.ledger_account (legal_entity_id, currency, kind, "of", organisation_id);
CREATE INDEX ledger_account_organisation ON billing.ledger_account (organisation_id);

CREATE TABLE billing.ledger_entry (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    legal_entity_id uuid NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    cause uuid NOT NULL,
    claim_id uuid,
    billing_account_id uuid,
    happened_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX ledger_entry_once ON billing.ledger_entry (cause, kind);
CREATE INDEX ledger_entry_time ON billing.ledger_entry (organisation_id, happened_at, id);
CREATE INDEX ledger_entry_claim ON billing.ledger_entry (claim_id) WHERE claim_id IS NOT NULL;
CREATE INDEX ledger_entry_billing_account
    ON billing.ledger_entry (billing_account_id, happened_at, id)
    WHERE billing_account_id IS NOT NULL;

CREATE TABLE billing.ledger_posting (
    entry_id uuid NOT NULL REFERENCES billing.ledger_entry (id),
    line smallint NOT NULL,
    account_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    happened_at timestamptz NOT NULL,
    amount bigint NOT NULL CONSTRAINT ledger_posting_moves CHECK (amount <> 0),
    PRIMARY KEY (entry_id, line)
);
CREATE INDEX ledger_posting_account ON billing.ledger_posting (account_id, happened_at)
    INCLUDE (amount, organisation_id);

CREATE FUNCTION billing.ledger_refuses() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is only added to' USING ERRCODE = 'restrict_violation';
END $$;

-- Runs as the owner, who sees every posting whoever asks.
CREATE FUNCTION billing.ledger_balances() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    checked uuid := to_jsonb(NEW) ->> TG_ARGV[0];
    balances boolean;
BEGIN
    SELECT count(*) >= 2 AND sum(p.amount) = 0
        AND bool_and((p.organisation_id, p.happened_at) = (e.organisation_id, e.happened_at))
        AND bool_and(coalesce(
            (a.organisation_id, a.legal_entity_id, a.currency)
            = (e.organisation_id, e.legal_entity_id, e.currency), false))
    INTO balances
    FROM billing.ledger_entry AS e
    JOIN billing.ledger_posting AS p ON p.entry_id = e.id
    LEFT JOIN billing.ledger_account AS a ON a.id = p.account_id
    WHERE e.id = checked;
    IF balances IS NOT TRUE THEN
        RAISE EXCEPTION 'the ledger entry % does not balance', checked
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_balances';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON billing.ledger_entry
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing.ledger_balances('id');
CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON billing.ledger_posting
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing.ledger_balances('entry_id');
"""

_TABLES = ("ledger_account", "ledger_entry", "ledger_posting")


def upgrade() -> None:
    op.execute(SQL)
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON billing.{table}"
            " FOR EACH ROW EXECUTE FUNCTION billing.ledger_refuses()"
        )
        op.execute(
            f"CREATE TRIGGER kept_full BEFORE TRUNCATE ON billing.{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION billing.ledger_refuses()"
        )
        op.execute(f"ALTER TABLE billing.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON billing.{table} USING (chassis.acts_for(organisation_id))"
        )


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE billing.{table}")
    op.execute("DROP FUNCTION billing.ledger_refuses, billing.ledger_balances")
