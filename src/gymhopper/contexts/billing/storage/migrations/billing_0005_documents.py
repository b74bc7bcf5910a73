"""Legal documents, who sells and buys, rates of tax and series of numbers."""

from alembic import op

revision = "billing_0005"
down_revision = "billing_0004"

SQL = """
-- What venues says of a legal entity; the id and the version are its own.
CREATE TABLE billing.seller (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    lines jsonb NOT NULL,
    postal_code text,
    city text,
    region text,
    country text NOT NULL,
    tax_ids jsonb NOT NULL,
    currency text NOT NULL,
    zone text NOT NULL
);
CREATE INDEX seller_organisation ON billing.seller (organisation_id);

-- How a seller's numbers begin; the id is the legal entity's.
CREATE TABLE billing.numbering (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    invoice_prefix text NOT NULL,
    credit_note_prefix text NOT NULL,
    CONSTRAINT numbering_apart CHECK (invoice_prefix <> credit_note_prefix)
);

CREATE TABLE billing.tax_rate (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    legal_entity_id uuid NOT NULL,
    code text NOT NULL,
    category text NOT NULL CONSTRAINT tax_rate_category CHECK (category IN ('S', 'Z', 'E', 'O')),
    percent text NOT NULL,
    exemption text,
    valid_from date NOT NULL,
    CONSTRAINT tax_rate_day UNIQUE (legal_entity_id, code, valid_from)
);

-- To whom the documents of a billing account are made out; the id is the account's.
CREATE TABLE billing.bill_to (
    id uuid PRIMARY KEY REFERENCES billing.billing_account (id),
    organisation_id uuid NOT NULL,
    person_id uuid,
    version integer NOT NULL,
    given boolean NOT NULL,
    content bytea NOT NULL
);

CREATE TABLE billing.series (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    legal_entity_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT series_kind CHECK (kind IN ('invoice', 'credit_note')),
    prefix text NOT NULL,
    year smallint NOT NULL,
    last bigint NOT NULL,
    CONSTRAINT series_of_legal_entity UNIQUE (legal_entity_id, prefix, year)
);

CREATE TABLE billing.document (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    legal_entity_id uuid NOT NULL,
    billing_account_id uuid NOT NULL,
    person_id uuid,
    claim_id uuid NOT NULL,
    corrects_id uuid REFERENCES billing.document (id),
    cause uuid UNIQUE,
    kind text NOT NULL CONSTRAINT document_kind CHECK (kind IN ('invoice', 'credit_note')),
    series_id uuid NOT NULL REFERENCES billing.series (id),
    ordinal bigint NOT NULL,
    number text NOT NULL,
    currency text NOT NULL,
    included boolean NOT NULL,
    amounts jsonb NOT NULL,
    taxes jsonb NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    rounding bigint NOT NULL,
    payable bigint NOT NULL,
    supply_start timestamptz NOT NULL,
    supply_until timestamptz NOT NULL,
    issued_on date NOT NULL,
    issued_at timestamptz NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT document_correction CHECK (
        (kind = 'credit_note') = (corrects_id IS NOT NULL)
        AND (kind = 'credit_note') = (cause IS NOT NULL)),
    CONSTRAINT document_sum CHECK (payable = net + tax + rounding AND payable >= 0),
    CONSTRAINT document_ordinal UNIQUE (series_id, ordinal),
    CONSTRAINT document_number UNIQUE (legal_entity_id, number)
);
CREATE UNIQUE INDEX document_one_invoice ON billing.document (claim_id) WHERE kind = 'invoice';
CREATE INDEX document_claim ON billing.document (claim_id);
CREATE INDEX document_corrects ON billing.document (corrects_id);
CREATE INDEX document_listed ON billing.document (organisation_id, id);
CREATE INDEX document_person ON billing.document (person_id, id);

-- A document stays as it was issued. The seal of its content is renewed with the master key, and
-- who reads it may turn out to be another person, when two are found to be one.
CREATE FUNCTION billing.refuse_but_reseal() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'content' - 'person_id'
            IS NOT DISTINCT FROM to_jsonb(OLD) - 'content' - 'person_id' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a legal document is never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON billing.document
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_but_reseal();
CREATE TRIGGER kept_full BEFORE TRUNCATE ON billing.document
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_but_reseal();

-- A series counts up and is not given up.
CREATE FUNCTION billing.refuse_but_count() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'last' IS NOT DISTINCT FROM to_jsonb(OLD) - 'last'
            AND NEW.last > OLD.last THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a series only counts up' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON billing.series
    FOR EACH ROW EXECUTE FUNCTION billing.refuse_but_count();
CREATE TRIGGER kept_full BEFORE TRUNCATE ON billing.series
    FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_but_count();
"""

_TABLES = ("seller", "numbering", "tax_rate", "bill_to", "series", "document")


def upgrade() -> None:
    op.execute(SQL)
    for table in _TABLES:
        op.execute(f"ALTER TABLE billing.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON billing.{table} USING (chassis.acts_for(organisation_id))"
        )
    # A payer reads what was issued, and says to whom it is to be made out.
    op.execute(
        "CREATE POLICY own ON billing.document FOR SELECT"
        " USING (chassis.acts_as(person_id, organisation_id))"
    )
    op.execute(
        "CREATE POLICY own ON billing.bill_to USING (chassis.acts_as(person_id, organisation_id))"
    )


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE billing.{table}")
    op.execute("DROP FUNCTION billing.refuse_but_reseal")
    op.execute("DROP FUNCTION billing.refuse_but_count")
