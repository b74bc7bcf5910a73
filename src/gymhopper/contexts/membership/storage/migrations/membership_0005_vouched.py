"""People write, too, only at the organisations that vouched for their account."""

from alembic import op

revision = "membership_0005"
down_revision = "membership_0004"

SQL = """
ALTER POLICY own_held ON membership.member
    USING (chassis.acts_as(person_id, organisation_id));
ALTER POLICY own_changed ON membership.membership
    USING (chassis.acts_as(person_id, organisation_id));
ALTER POLICY own_bought ON membership.membership WITH CHECK (
    chassis.acts_as(person_id, organisation_id) AND EXISTS (
        SELECT FROM membership.member AS m
        WHERE m.id = member_id AND m.person_id = membership.person_id
            AND m.organisation_id = membership.organisation_id));
ALTER POLICY own_added ON membership.agreement WITH CHECK (
    chassis.acts_as(person_id, organisation_id) AND EXISTS (
        SELECT FROM membership.member AS m
        WHERE m.id = member_id AND m.person_id = agreement.person_id
            AND m.organisation_id = agreement.organisation_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(SQL.replace("acts_as(person_id, organisation_id)", "acts_as(person_id)"))
