"""An account acts for a person within each organisation that vouched for it."""

from alembic import op

revision = "identity_0006"
down_revision = "identity_0005"

SQL = """
ALTER TABLE identity.person_link
    DROP CONSTRAINT person_link_pkey,
    ADD PRIMARY KEY (account_id, person_id, organisation_id);

-- Only the first invitation that an account accepted for a person was kept. Where one account alone
-- acts for the person, it accepted the others as well; else nobody can tell, and gyms invite again.
INSERT INTO identity.person_link (account_id, person_id, organisation_id, linked_at)
    SELECT l.account_id, l.person_id, i.organisation_id, min(i.accepted_at)
    FROM identity.invitation AS i JOIN identity.person_link AS l ON l.person_id = i.person_id
    WHERE i.accepted_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM identity.person_link AS o
        WHERE o.person_id = l.person_id AND o.account_id <> l.account_id)
    GROUP BY l.account_id, l.person_id, i.organisation_id
    ON CONFLICT DO NOTHING;
"""

BEFORE = """
DELETE FROM identity.person_link AS l USING identity.person_link AS o
    WHERE o.account_id = l.account_id AND o.person_id = l.person_id
        AND (o.linked_at, o.organisation_id) < (l.linked_at, l.organisation_id);
ALTER TABLE identity.person_link
    DROP CONSTRAINT person_link_pkey,
    ADD PRIMARY KEY (account_id, person_id);
"""


def upgrade() -> None:
    op.execute(SQL)


def downgrade() -> None:
    op.execute(BEFORE)
