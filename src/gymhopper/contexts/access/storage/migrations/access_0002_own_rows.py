"""People see their own cards and passes, visits and the answers that doors gave them."""

from alembic import op

revision = "access_0002"
down_revision = "access_0001"

SQL = """
CREATE POLICY own ON access.credential FOR SELECT USING (chassis.acts_as(person_id));
-- A pass for the phone is made and withdrawn by its holder; cards are the desk's.
CREATE POLICY own_pass ON access.credential
    FOR INSERT WITH CHECK (chassis.acts_as(person_id) AND kind = 'pass');
CREATE POLICY own_pass_changed ON access.credential
    FOR UPDATE USING (chassis.acts_as(person_id) AND kind = 'pass');

CREATE POLICY own ON access.visit FOR SELECT USING (chassis.acts_as(person_id));
CREATE POLICY own ON access.journal FOR SELECT USING (chassis.acts_as(person_id));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute("DROP POLICY own ON access.journal")
    op.execute("DROP POLICY own ON access.visit")
    for policy in ("own", "own_pass", "own_pass_changed"):
        op.execute(f"DROP POLICY {policy} ON access.credential")
