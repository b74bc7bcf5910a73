"""Kinds of plans, price lists, and what was sold of them."""

from alembic import op

revision = "membership_0008"
down_revision = "membership_0007"

SQL = """
-- What only one kind of plan has; none of it is a plan that is charged for again and again.
ALTER TABLE membership.plan ADD COLUMN offer jsonb NOT NULL DEFAULT '{}';
ALTER TABLE membership.plan ALTER COLUMN offer DROP DEFAULT;

ALTER TABLE membership.price
    ADD COLUMN location_id uuid,
    ADD COLUMN country text,
    ADD COLUMN city text,
    ADD COLUMN joining_fee_amount bigint CHECK (joining_fee_amount >= 0),
    ADD COLUMN tax_included boolean NOT NULL DEFAULT true,
    ADD CONSTRAINT price_of_one_place CHECK (
        location_id IS NULL OR (country IS NULL AND city IS NULL)),
    ADD CONSTRAINT price_city_in_country CHECK (city IS NULL OR country IS NOT NULL);
ALTER TABLE membership.price ALTER COLUMN tax_included DROP DEFAULT;
ALTER TABLE membership.price DROP CONSTRAINT price_channel_check;
ALTER TABLE membership.price ADD CONSTRAINT price_channel_check
    CHECK (channel IN ('online', 'desk', 'network'));
ALTER TABLE membership.agreement DROP CONSTRAINT agreement_channel_check;
ALTER TABLE membership.agreement ADD CONSTRAINT agreement_channel_check
    CHECK (channel IN ('online', 'desk', 'network', 'import'));

ALTER TABLE membership.membership
    ADD COLUMN offer jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN joining_fee_amount bigint,
    ADD COLUMN tax_included boolean NOT NULL DEFAULT true,
    ADD COLUMN runs_until timestamptz;
ALTER TABLE membership.membership
    ALTER COLUMN offer DROP DEFAULT,
    ALTER COLUMN tax_included DROP DEFAULT;
"""

BACK = """
ALTER TABLE membership.membership
    DROP COLUMN offer, DROP COLUMN joining_fee_amount, DROP COLUMN tax_included,
    DROP COLUMN runs_until;
ALTER TABLE membership.price
    DROP CONSTRAINT price_of_one_place, DROP CONSTRAINT price_city_in_country,
    DROP COLUMN location_id, DROP COLUMN country, DROP COLUMN city,
    DROP COLUMN joining_fee_amount, DROP COLUMN tax_included;
ALTER TABLE membership.plan DROP COLUMN offer;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(BACK)
