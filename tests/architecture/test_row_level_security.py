"""A forgotten filter leaks nothing: the database itself keeps tenants apart."""

import psycopg
import pytest

from fixtures.engines import TestDatabase
from gymhopper.chassis.provision import APPLICATION

# The simulated provider stands for a system elsewhere, which knows no tenants of ours.
SYSTEM_SCHEMAS = ("pg_catalog", "information_schema", "jobs", "sandbox_stripe")

OPEN_TABLES = {
    "access.cell": "one row for a region",
    "access.drain": "one row for a region",
    "bus.cursor": "how far each context has read",
    "bus.inbox": "ids of handled events",
    "bus.parked": "deliveries of the platform's own loops",
    "bus.sequence": "one counter",
    "chassis.clock": "one offset",
    "chassis.idempotency": "keyed by the caller; answers are sealed",
    "chassis.timer": "the platform's own timers",
}
"""Tables without row-level security, each with what is in it that no tenant owns."""


def tables(database: TestDatabase) -> dict[str, tuple[bool, int]]:
    """Every table of ours: whether row-level security is on, and how many policies it has."""
    with psycopg.connect(database.superuser_url) as connection:
        rows = connection.execute(
            "SELECT n.nspname || '.' || c.relname, c.relrowsecurity,"
            " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p') AND n.nspname <> ALL (%s)"
            " AND NOT c.relispartition AND c.relname <> 'migration'",
            [list(SYSTEM_SCHEMAS)],
        ).fetchall()
    return {name: (secured, policies) for name, secured, policies in rows}


def unguarded(database: TestDatabase) -> set[str]:
    """The tables that anybody who may read the schema reads whole."""
    return {name for name, (secured, _) in tables(database).items() if not secured}


def test_every_table_is_behind_row_level_security_or_says_why_not(database: TestDatabase) -> None:
    assert unguarded(database) == set(OPEN_TABLES)


def test_a_table_without_row_level_security_is_noticed(database: TestDatabase) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE venues.planted (organisation_id uuid NOT NULL)")
    assert "venues.planted" in unguarded(database)


def test_every_guarded_table_has_a_policy_so_that_somebody_can_use_it(
    database: TestDatabase,
) -> None:
    assert [name for name, (secured, n) in tables(database).items() if secured and not n] == []


def test_partitions_are_read_through_their_parents_whose_policies_hold(
    database: TestDatabase,
) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        readable = connection.execute(
            "SELECT oid::regclass::text, relispartition FROM pg_class WHERE relispartition"
            " AND relkind = 'r' AND has_table_privilege(%s, oid, 'SELECT, INSERT, UPDATE, DELETE')",
            [APPLICATION],
        ).fetchall()
        partitions = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'"
        ).fetchone()
    assert readable == []
    assert partitions is not None
    assert partitions[0] >= 3


def test_the_application_cannot_step_over_the_wall(database: TestDatabase) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
            " (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid),"
            " (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid)"
            " FROM pg_roles r WHERE rolname = %s",
            [APPLICATION],
        ).fetchone()
    assert row == (False, False, False, False, 0, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE membership.member DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON membership.member",
        "SET ROLE gymhopper_owner",
        "CREATE FUNCTION membership.own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION chassis.acts_for(uuid) RENAME TO nobody_acts_for",
    ],
)
def test_the_application_cannot_take_the_wall_down(database: TestDatabase, statement: str) -> None:
    with (
        psycopg.connect(database.url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())
