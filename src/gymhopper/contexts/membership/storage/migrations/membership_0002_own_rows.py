"""People see what is theirs, at whatever organisation, and may act on some of it."""

from alembic import op

revision = "membership_0002"
down_revision = "membership_0001"

SQL = """
-- Policies compare a column of the row itself: a look into another table would cost at every row.
ALTER TABLE membership.overlay ADD COLUMN person_id uuid;
UPDATE membership.overlay AS o SET person_id = m.person_id
    FROM membership.membership AS m WHERE m.id = o.membership_id;
ALTER TABLE membership.overlay ALTER COLUMN person_id SET NOT NULL;

ALTER TABLE membership.agreement ADD COLUMN person_id uuid;
UPDATE membership.agreement AS a SET person_id = m.person_id
    FROM membership.member AS m WHERE m.id = a.member_id;
ALTER TABLE membership.agreement ALTER COLUMN person_id SET NOT NULL;

CREATE POLICY own ON membership.person FOR SELECT USING (chassis.acts_as(id));
CREATE POLICY own_changed ON membership.person FOR UPDATE USING (chassis.acts_as(id));

-- A person may hold the row of a member (SELECT ... FOR UPDATE) while something of theirs changes,
-- but what stands in it is the organisation's.
CREATE POLICY own ON membership.member FOR SELECT USING (chassis.acts_as(person_id));
CREATE POLICY own_held ON membership.member
    FOR UPDATE USING (chassis.acts_as(person_id)) WITH CHECK (false);

-- They buy where they are members, and may cancel; nothing is deleted.
CREATE POLICY own ON membership.membership FOR SELECT USING (chassis.acts_as(person_id));
CREATE POLICY own_changed ON membership.membership FOR UPDATE USING (chassis.acts_as(person_id));
CREATE POLICY own_bought ON membership.membership FOR INSERT WITH CHECK (
    chassis.acts_as(person_id) AND EXISTS (
        SELECT FROM membership.member AS m
        WHERE m.id = member_id AND m.person_id = membership.person_id
            AND m.organisation_id = membership.organisation_id));

CREATE POLICY own ON membership.overlay FOR SELECT USING (chassis.acts_as(person_id));

CREATE POLICY own ON membership.agreement FOR SELECT USING (chassis.acts_as(person_id));
CREATE POLICY own_added ON membership.agreement FOR INSERT WITH CHECK (
    chassis.acts_as(person_id) AND EXISTS (
        SELECT FROM membership.member AS m
        WHERE m.id = member_id AND m.person_id = agreement.person_id
            AND m.organisation_id = agreement.organisation_id));
"""

_POLICIES = {
    "person": ("own", "own_changed"),
    "member": ("own", "own_held"),
    "membership": ("own", "own_changed", "own_bought"),
    "overlay": ("own",),
    "agreement": ("own", "own_added"),
}


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    for table, policies in _POLICIES.items():
        for policy in policies:
            op.execute(f"DROP POLICY {policy} ON membership.{table}")
    op.execute("ALTER TABLE membership.overlay DROP COLUMN person_id")
    op.execute("ALTER TABLE membership.agreement DROP COLUMN person_id")
