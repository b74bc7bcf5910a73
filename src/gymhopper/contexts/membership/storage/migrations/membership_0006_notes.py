"""Notes of the desk, members by their tags, and whom to call in an emergency."""

from alembic import op
from sqlalchemy import text

from gymhopper.contexts.membership.storage.migrations.membership_0003_person_keys import SEARCH
from gymhopper.kernel.ids import new_id

revision = "membership_0006"
down_revision = "membership_0005"

NOTES = """
-- What the desk wrote down about a member, for itself.
CREATE TABLE membership.note (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    member_id uuid NOT NULL
        CONSTRAINT note_about_member REFERENCES membership.member (id),
    text text NOT NULL,
    pinned boolean NOT NULL,
    written_at timestamptz NOT NULL,
    written_by text NOT NULL
);
CREATE INDEX note_member ON membership.note (member_id, id);
ALTER TABLE membership.note ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.note USING (chassis.acts_for(organisation_id));
"""

_FORMER = text("SELECT id, organisation_id, notes, registered_at FROM membership.member"
    " WHERE notes <> ''")  # fmt: skip
_WRITE = text(
    "INSERT INTO membership.note VALUES (:id, 1, :organisation_id, :member_id, :text, true,"
    " :written_at, 'console')"
)

REST = r"""
ALTER TABLE membership.member DROP COLUMN notes;

-- Another human being's name and telephone, sealed under a key of the member's person.
CREATE TABLE membership.emergency_contact (
    id uuid PRIMARY KEY
        CONSTRAINT emergency_contact_of_member REFERENCES membership.member (id),
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    sealed bytea NOT NULL,
    changed_at timestamptz NOT NULL
);
ALTER TABLE membership.emergency_contact ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership.emergency_contact USING (chassis.acts_for(organisation_id));
CREATE POLICY own ON membership.emergency_contact
    USING (chassis.acts_as(person_id, organisation_id))
    WITH CHECK (chassis.acts_as(person_id, organisation_id) AND EXISTS (
        SELECT FROM membership.member AS m
        WHERE m.id = emergency_contact.id AND m.person_id = emergency_contact.person_id
            AND m.organisation_id = emergency_contact.organisation_id));
ALTER TABLE membership.person_key DROP CONSTRAINT person_key_class_check,
    ADD CONSTRAINT person_key_class_check CHECK (class IN ('contact', 'identity', 'emergency'));

-- Members are found by a tag, too.
ALTER TABLE membership.member_search ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
UPDATE membership.member_search AS s SET tags = m.tags
    FROM membership.member AS m WHERE m.id = s.member_id AND m.tags <> '{}';
ALTER TABLE membership.member_search ALTER COLUMN tags DROP DEFAULT;

CREATE OR REPLACE FUNCTION membership.index_member() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO membership.member_search
        SELECT NEW.id, p.id, NEW.organisation_id, p.last_folded, p.first_folded,
            lower(NEW.number),
            ' ' || p.first_folded || ' ' || p.last_folded || ' ' || lower(NEW.number), NEW.tags
        FROM membership.person AS p WHERE p.id = NEW.person_id
        ON CONFLICT (member_id) DO UPDATE SET person_id = excluded.person_id,
            organisation_id = excluded.organisation_id, last_name = excluded.last_name,
            first_name = excluded.first_name, number = excluded.number, words = excluded.words,
            tags = excluded.tags;
    RETURN NULL;
END $$;
DROP TRIGGER indexed ON membership.member;
CREATE TRIGGER indexed AFTER INSERT OR UPDATE OF person_id, organisation_id, number, tags
    ON membership.member FOR EACH ROW EXECUTE FUNCTION membership.index_member();

DO $$
DECLARE
    lists text := (SELECT extnamespace::regnamespace::text FROM pg_extension
        WHERE extname = 'btree_gin');
BEGIN
    EXECUTE format('CREATE INDEX member_search_tags ON membership.member_search USING gin'
        ' (organisation_id %s.uuid_ops, tags array_ops) WHERE tags <> ''{}''', lists);
END $$;
"""

_CONDITION = """    IF bound IS NULL THEN
        RETURN;
    END IF;
"""
_TAGGED = """    IF tagged IS NOT NULL THEN
        conditions := conditions || format(' AND s.tags @> ARRAY[%L] AND s.tags <> ''{}''', tagged);
    END IF;
"""


def former_search() -> str:
    """The function as it was made first."""
    body = SEARCH[SEARCH.index("CREATE FUNCTION membership.find_members") :]
    return body[: body.index("$$;") + 3]


def search_by_tag() -> str:
    """The same, with one more condition."""
    return (
        former_search()
        .replace("most integer\n)", "most integer, tagged text DEFAULT NULL\n)")
        .replace(_CONDITION, _CONDITION + _TAGGED)
    )


def upgrade() -> None:
    op.execute(NOTES)
    bind = op.get_bind()
    for each in bind.execute(_FORMER).all():
        bind.execute(
            _WRITE,
            {
                "id": new_id(),
                "organisation_id": each.organisation_id,
                "member_id": each.id,
                "text": each.notes,
                "written_at": each.registered_at,
            },
        )
    op.execute(REST)
    op.execute("DROP FUNCTION membership.find_members")
    op.execute(search_by_tag())


def downgrade() -> None:
    op.execute("DROP FUNCTION membership.find_members")
    op.execute(former_search())
    op.execute("DROP TRIGGER indexed ON membership.member")
    op.execute("ALTER TABLE membership.member_search DROP COLUMN tags")
    index = SEARCH[SEARCH.index("CREATE FUNCTION membership.index_member") :]
    op.execute(
        index[: index.index("$$;") + 3].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    )
    trigger = index[index.index("CREATE TRIGGER") :]
    op.execute(trigger[: trigger.index(";")])
    op.execute("DELETE FROM membership.person_key WHERE class = 'emergency'")
    op.execute(
        "ALTER TABLE membership.person_key DROP CONSTRAINT person_key_class_check,"
        " ADD CONSTRAINT person_key_class_check CHECK (class IN ('contact', 'identity'))"
    )
    op.execute("ALTER TABLE membership.member ADD COLUMN notes text NOT NULL DEFAULT ''")
    op.execute("DROP TABLE membership.emergency_contact, membership.note")
