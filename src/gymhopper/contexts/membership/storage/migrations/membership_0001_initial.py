"""People, members, plans, prices, memberships and what was agreed."""

from alembic import op

revision = "membership_0001"
down_revision = None

SQL = """
CREATE TABLE membership.person (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    first_name text NOT NULL,
    last_name text NOT NULL,
    contact_key bytea,
    contact bytea,
    email_index bytea,
    phone_index bytea,
    birth_date_index bytea,
    created_at timestamptz NOT NULL
);
CREATE INDEX person_email ON membership.person (email_index);
CREATE INDEX person_phone ON membership.person (phone_index);

CREATE TABLE membership.member (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL CONSTRAINT member_of_person REFERENCES membership.person (id),
    number text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'archived')),
    tags text[] NOT NULL,
    notes text NOT NULL,
    external_ref text,
    registered_at timestamptz NOT NULL,
    CONSTRAINT member_number_once UNIQUE (organisation_id, number),
    CONSTRAINT member_external_ref_once UNIQUE (organisation_id, external_ref),
    CONSTRAINT member_person_once UNIQUE (organisation_id, person_id)
);
CREATE INDEX member_person ON membership.member (person_id);

-- The last member number that each organisation gave.
CREATE TABLE membership.member_number (
    organisation_id uuid PRIMARY KEY,
    last integer NOT NULL
);

CREATE TABLE membership.plan (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    legal_entity_id uuid NOT NULL,
    name text NOT NULL,
    coverage jsonb NOT NULL,
    "interval" text NOT NULL CHECK ("interval" IN ('day', 'week', 'month', 'year')),
    interval_count integer NOT NULL CHECK (interval_count > 0),
    entry_grace_days integer NOT NULL CHECK (entry_grace_days > 0),
    freeze_rules jsonb NOT NULL,
    zone text NOT NULL,
    status text NOT NULL CHECK (status IN ('offered', 'withdrawn')),
    created_at timestamptz NOT NULL
);
CREATE INDEX plan_organisation ON membership.plan (organisation_id, id);

CREATE TABLE membership.price (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT price_of_plan REFERENCES membership.plan (id),
    organisation_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    valid_from date NOT NULL,
    valid_until date CHECK (valid_until > valid_from),
    channel text CHECK (channel IN ('online', 'desk')),
    created_at timestamptz NOT NULL
);
CREATE INDEX price_plan ON membership.price (plan_id);

CREATE TABLE membership.membership (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    member_id uuid NOT NULL CONSTRAINT membership_of_member REFERENCES membership.member (id),
    person_id uuid NOT NULL CONSTRAINT membership_of_person REFERENCES membership.person (id),
    plan_id uuid NOT NULL CONSTRAINT membership_from_plan REFERENCES membership.plan (id),
    legal_entity_id uuid NOT NULL,
    -- The terms as they were sold; the plan may change, this does not.
    plan_name text NOT NULL,
    coverage jsonb NOT NULL,
    "interval" text NOT NULL CHECK ("interval" IN ('day', 'week', 'month', 'year')),
    interval_count integer NOT NULL CHECK (interval_count > 0),
    zone text NOT NULL,
    entry_grace_days integer NOT NULL CHECK (entry_grace_days > 0),
    freeze_rules jsonb NOT NULL,
    price_id uuid NOT NULL CONSTRAINT membership_at_price REFERENCES membership.price (id),
    price_amount bigint NOT NULL,
    price_currency text NOT NULL,
    starts_on date NOT NULL,
    purchased_at timestamptz NOT NULL,
    -- What the facts below come to.
    contract text NOT NULL
        CHECK (contract IN ('pending', 'trialing', 'active', 'under_notice', 'ended')),
    start_at timestamptz,
    end_at timestamptz CHECK (end_at >= start_at),
    end_reason text
        CHECK (end_reason IN ('cancelled', 'withdrawn', 'expired', 'terminated', 'transferred')),
    -- Facts.
    paid_from timestamptz,
    paid_since timestamptz,
    paid_until timestamptz,
    cancelled_at timestamptz,
    cancellation_reason text,
    collection_ends_at timestamptz,
    collection_announced boolean NOT NULL,
    collection_ended boolean NOT NULL,
    terminated_at timestamptz,
    closed_at timestamptz,
    closed_reason text,
    overdue_since timestamptz
);
CREATE INDEX membership_member ON membership.membership (member_id);
CREATE INDEX membership_person ON membership.membership (person_id);

-- Stretches in which access stops although the contract runs.
CREATE TABLE membership.overlay (
    id uuid PRIMARY KEY,
    membership_id uuid NOT NULL
        CONSTRAINT overlay_of_membership REFERENCES membership.membership (id),
    organisation_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('freeze', 'block')),
    start_at timestamptz NOT NULL,
    until_at timestamptz CHECK (until_at >= start_at),
    stops_billing boolean NOT NULL,
    reason text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX overlay_membership ON membership.overlay (membership_id);

CREATE TABLE membership.agreement (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    member_id uuid NOT NULL CONSTRAINT agreement_of_member REFERENCES membership.member (id),
    membership_id uuid
        CONSTRAINT agreement_on_membership REFERENCES membership.membership (id),
    terms text NOT NULL,
    privacy text NOT NULL,
    mandate text,
    health_clearance text,
    early_start boolean NOT NULL,
    language text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('online', 'desk', 'import')),
    marketing jsonb NOT NULL,
    ip text,
    agreed_at timestamptz NOT NULL,
    agreed_by text NOT NULL
);
CREATE INDEX agreement_member ON membership.agreement (member_id);

-- A person is seen by the organisations where they are a member. A new person is nobody's member
-- yet, so that anybody may add one: nobody sees it before a member refers to it.
ALTER TABLE membership.person ENABLE ROW LEVEL SECURITY;
CREATE POLICY joined ON membership.person FOR SELECT USING (EXISTS (
    SELECT FROM membership.member
    WHERE member.person_id = person.id AND chassis.acts_for(member.organisation_id)));
CREATE POLICY added ON membership.person FOR INSERT WITH CHECK (true);
CREATE POLICY changed ON membership.person FOR UPDATE USING (EXISTS (
    SELECT FROM membership.member
    WHERE member.person_id = person.id AND chassis.acts_for(member.organisation_id)));

ALTER TABLE membership.member ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.member USING (chassis.acts_for(organisation_id));
ALTER TABLE membership.member_number ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.member_number USING (chassis.acts_for(organisation_id));
ALTER TABLE membership.membership ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.membership USING (chassis.acts_for(organisation_id));
ALTER TABLE membership.overlay ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.overlay USING (chassis.acts_for(organisation_id));

-- The catalogue is public to read.
ALTER TABLE membership.plan ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.plan USING (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON membership.plan FOR SELECT USING (true);

-- Prices and evidence are written once: there is no policy that lets a row be changed or deleted.
ALTER TABLE membership.price ENABLE ROW LEVEL SECURITY;
CREATE POLICY added ON membership.price FOR INSERT WITH CHECK (chassis.acts_for(organisation_id));
CREATE POLICY catalogue ON membership.price FOR SELECT USING (true);
ALTER TABLE membership.agreement ENABLE ROW LEVEL SECURITY;
CREATE POLICY added ON membership.agreement
    FOR INSERT WITH CHECK (chassis.acts_for(organisation_id));
CREATE POLICY tenant ON membership.agreement FOR SELECT USING (chassis.acts_for(organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP SCHEMA membership CASCADE")
