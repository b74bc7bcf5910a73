"""Plans are on sale from a day on, and up to another; members freeze by themselves."""

from alembic import op

revision = "membership_0019"
down_revision = "membership_0018"

SQL = """
ALTER TABLE membership.plan ADD COLUMN on_sale_from date, ADD COLUMN on_sale_until date;

CREATE POLICY own_added ON membership.overlay FOR INSERT WITH CHECK (
    kind = 'freeze' AND chassis.acts_as(person_id, organisation_id) AND EXISTS (
        SELECT FROM membership.membership AS m
        WHERE m.id = membership_id AND m.person_id = overlay.person_id
            AND m.organisation_id = overlay.organisation_id));
-- What somebody else set is not theirs to change.
CREATE POLICY own_charged ON membership.overlay FOR UPDATE
    USING (chassis.acts_as(person_id, organisation_id)
        AND created_by = current_setting('gymhopper.actor', true))
    WITH CHECK (kind = 'freeze' AND chassis.acts_as(person_id, organisation_id)
        AND created_by = current_setting('gymhopper.actor', true));
CREATE POLICY own_taken_back ON membership.overlay FOR DELETE
    USING (chassis.acts_as(person_id, organisation_id)
        AND created_by = current_setting('gymhopper.actor', true));
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    for policy in ("own_added", "own_charged", "own_taken_back"):
        op.execute(f"DROP POLICY {policy} ON membership.overlay")
    op.execute("ALTER TABLE membership.plan DROP COLUMN on_sale_from, DROP COLUMN on_sale_until")
