"""What a member sees ends at the organisations that vouched for the account."""

from alembic import op

revision = "chassis_0005"
down_revision = "chassis_0004"

SQL = """
-- The transaction is held within some organisations; within none of them nothing is shown.
CREATE OR REPLACE FUNCTION chassis.acts_as(person uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN person = nullif(current_setting('gymhopper.person', true), '')::uuid
        AND nullif(current_setting('gymhopper.within', true), '') IS NOT NULL;

CREATE OR REPLACE FUNCTION chassis.acts_as(person uuid, organisation uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN chassis.acts_as(person)
        AND organisation = ANY (
            string_to_array(current_setting('gymhopper.within', true), ',')::uuid[]);

-- What belongs to no organisation is about the person itself (a changed name), or was done by the
-- platform: for the person, and not for a supporter.
ALTER POLICY own ON audit.about USING (
    kind = 'person' AND (
        chassis.acts_as(thing_id, organisation_id)
        OR organisation_id IS NULL AND chassis.acts_as(thing_id)
            AND current_setting('gymhopper.actor', true) NOT LIKE 'support:%'));
"""

BEFORE = """
ALTER POLICY own ON audit.about
    USING (kind = 'person' AND chassis.acts_as(thing_id, organisation_id));
CREATE OR REPLACE FUNCTION chassis.acts_as(person uuid, organisation uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN chassis.acts_as(person)
        AND coalesce(
            organisation = nullif(current_setting('gymhopper.within', true), '')::uuid,
            nullif(current_setting('gymhopper.within', true), '') IS NULL);
CREATE OR REPLACE FUNCTION chassis.acts_as(person uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN person = nullif(current_setting('gymhopper.person', true), '')::uuid;
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(BEFORE)
