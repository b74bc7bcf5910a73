"""What a test leaves in its database does not reach the next one."""

import psycopg
import pytest

from fixtures.databases import Databases
from gymhopper.chassis.provision import url_for

Connection = psycopg.Connection[tuple[object, ...]]


def connect(databases: Databases, name: str) -> Connection:
    url = url_for(databases.superuser_url, database=name)
    return psycopg.connect(url, autocommit=True, options="-c search_path=jobs")


def seen(connection: Connection) -> list[tuple[object, ...]]:
    """Its jobs, its clock and how far it has counted."""
    found: list[tuple[object, ...]] = []
    for query in (
        "SELECT task_name FROM jobs.procrastinate_jobs",
        "SELECT * FROM chassis.clock",
        "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2",
    ):
        found += connection.execute(query).fetchall()
    return found


def test_rows_changes_and_counts_are_taken_back(databases: Databases, template: str) -> None:
    with connect(databases, template) as connection:
        fresh = seen(connection)
    name = databases.take(template)
    for _ in range(2):
        with connect(databases, name) as connection:
            assert seen(connection) == fresh
            connection.execute(
                "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name)"
                " VALUES ('q', 'left'), ('q', 'behind')"
            )
            connection.execute("UPDATE chassis.clock SET offset_seconds = 60")
            assert seen(connection) != fresh
        databases.give_back(name, template)
        assert databases.take(template) == name
    with connect(databases, name) as connection:
        assert seen(connection) == fresh
    databases.give_back(name, template)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE chassis.left_behind ()",
        "ALTER TABLE jobs.procrastinate_jobs ADD left_behind integer",
        "ALTER TABLE jobs.procrastinate_jobs DISABLE TRIGGER USER",
        "GRANT DELETE ON chassis.clock TO PUBLIC",
        "CREATE SCHEMA left_behind",
    ],
)
def test_one_of_another_shape_is_not_given_out_again(
    databases: Databases, template: str, change: str
) -> None:
    name = databases.take(template)
    databases.give_back(name, template)  # it has been looked at before
    name = databases.take(template)
    with connect(databases, name) as connection:
        connection.execute(change)
    databases.give_back(name, template)
    another = databases.take(template)
    assert another != name
    databases.give_back(another, template)


def test_an_open_transaction_and_a_cut_connection_hold_nothing_up(
    databases: Databases, template: str
) -> None:
    name = databases.take(template)
    left_open = connect(databases, name)
    left_open.execute("BEGIN")
    left_open.execute("LOCK TABLE jobs.procrastinate_jobs")
    databases.give_back(name, template)
    left_open.close()
    assert databases.take(template) == name
    with connect(databases, name) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    databases.give_back(name, template)
    another = databases.take(template)
    with connect(databases, another) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    databases.give_back(another, template)
