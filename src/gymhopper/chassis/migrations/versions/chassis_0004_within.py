"""A supporter who looks through a member's eyes sees what is the own organisation's."""

from alembic import op

revision = "chassis_0004"
down_revision = "chassis_0003"

SQL = """
-- Of the person's rows at all organisations, those of the one that the transaction is held within;
-- where it is held within none, as for the person itself, all of them.
CREATE FUNCTION chassis.acts_as(person uuid, organisation uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN chassis.acts_as(person)
        AND coalesce(
            organisation = nullif(current_setting('gymhopper.within', true), '')::uuid,
            nullif(current_setting('gymhopper.within', true), '') IS NULL);

ALTER POLICY own ON audit.about
    USING (kind = 'person' AND chassis.acts_as(thing_id, organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(
        "ALTER POLICY own ON audit.about USING (kind = 'person' AND chassis.acts_as(thing_id))"
    )
    op.execute("DROP FUNCTION chassis.acts_as(uuid, uuid)")
