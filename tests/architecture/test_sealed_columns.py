"""No column of bytes is forgotten when the master key is replaced."""

import psycopg

from fixtures.engines import TestDatabase
from gymhopper.chassis.registry import load
from gymhopper.chassis.rotation import KEPT_ANSWERS
from gymhopper.chassis.settings import CONTEXTS

DATA_KEY = "sealed with the person's data key, which is sealed anew instead"
HASH = "a hash that no master key has part in, as all are whose name ends so"
LASTING = "hashed with a key that lasts through rotations: nobody knows the value any more"
NO_SECRET = "no secret, and not sealed"
NO_MASTER = {
    "access.credential.key": LASTING,
    "access.device.public_key": NO_SECRET,
    "access.feed.key": LASTING,
    "access.feed.payload": NO_SECRET,
    "access.journal.record": NO_SECRET,
    "billing.webhook_event.body": NO_SECRET,
    "chassis.idempotency.fingerprint": HASH,
    "audit.seal.hashes": HASH,
    "audit.seal.previous": HASH,
    "identity.attempt.key": HASH,
    "identity.passkey.credential_id": NO_SECRET,
    "identity.passkey.public_key": NO_SECRET,
    "identity.passkey_challenge.challenge": NO_SECRET,
    "identity.recovery_code.index": LASTING,
    "integrations.message.body": NO_SECRET,
    "membership.emergency_contact.sealed": DATA_KEY,
    "membership.household_invitation.digest": LASTING,
    "membership.person.contact": DATA_KEY,
    "membership.person.identity": DATA_KEY,
    "scheduling.feed.digest": LASTING,
}


def test_every_column_of_bytes_is_sealed_anew_or_says_why_not(database: TestDatabase) -> None:
    declared = {
        f"{table.name}.{column}"
        for table in [KEPT_ANSWERS, *(each for c in load(CONTEXTS) for each in c.sealed)]
        for column in table.columns
    }
    with psycopg.connect(database.owner_url) as connection:
        rows = connection.execute(
            "SELECT c.table_schema || '.' || c.table_name || '.' || c.column_name"
            " FROM information_schema.columns AS c JOIN pg_class AS r"
            " ON r.oid = format('%I.%I', c.table_schema, c.table_name)::regclass"
            " WHERE c.data_type = 'bytea' AND r.relkind IN ('r', 'p') AND NOT r.relispartition"
            " AND c.table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
    found = {row[0] for row in rows}
    assert declared <= found
    rest = {each for each in found - declared if not each.endswith("hash")}
    assert sorted(rest ^ set(NO_MASTER)) == []
