"""People make and withdraw passes of the organisations that vouched for their account."""

from alembic import op

revision = "access_0004"
down_revision = "access_0003"

SQL = """
ALTER POLICY own_pass ON access.credential
    WITH CHECK (chassis.acts_as(person_id, organisation_id) AND kind = 'pass');
ALTER POLICY own_pass_changed ON access.credential
    USING (chassis.acts_as(person_id, organisation_id) AND kind = 'pass');
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(SQL.replace("acts_as(person_id, organisation_id)", "acts_as(person_id)"))
