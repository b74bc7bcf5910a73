"""Brings a database up to the schema of the selected contexts.

Every context has a PostgreSQL schema of its own and its own line of migrations, recorded in that
schema, so that any subset of contexts can be migrated anywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import procrastinate
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from gymhopper.chassis.database import sqlalchemy_url

# Two processes that start at once migrate one after the other.
_LOCK = 0x67796D68

_ANY = "SELECT, INSERT, UPDATE, DELETE"
_ADD_ONLY = "SELECT, INSERT"


@dataclass(frozen=True, slots=True)
class Migrations:
    """A PostgreSQL schema and the folder of revisions that build it.

    `only_added_to` names tables whose rows the application may neither change nor remove.
    """

    schema: str
    folder: Path
    only_added_to: tuple[str, ...] = ()


CHASSIS = Migrations(
    "chassis", Path(str(resources.files("gymhopper.chassis.migrations"))) / "versions"
)


def migrate(owner_url: str, app_role: str, lines: Iterable[Migrations]) -> list[str]:
    """Apply what is missing and grant it to the application's role.

    Returns the schemas that changed. Runs as the owner; safe to repeat and to run twice at once.
    """
    engine = create_engine(sqlalchemy_url(owner_url), poolclass=NullPool)
    changed = []
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:k)"), {"k": _LOCK})
            connection.commit()
            if _install_jobs(connection, app_role):
                changed.append("jobs")
            for line in (CHASSIS, *lines):
                if _upgrade(connection, line):
                    _grant(connection, line.schema, app_role)
                    for table in line.only_added_to:
                        connection.execute(
                            text(
                                f'REVOKE UPDATE, DELETE ON {line.schema}.{table} FROM "{app_role}"'
                            )
                        )
                    if line is CHASSIS:
                        _grant(connection, "bus", app_role)
                        _grant(connection, "audit", app_role, tables=_ADD_ONLY)
                    changed.append(line.schema)
                connection.commit()
    finally:
        engine.dispose()
    return changed


def _config(connection: Connection, line: Migrations) -> Config:
    config = Config()
    config.set_main_option("script_location", "gymhopper.chassis:migrations")
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(line.folder))
    config.attributes.update(connection=connection, schema=line.schema)
    return config


def _upgrade(connection: Connection, line: Migrations) -> bool:
    config = _config(connection, line)
    head = ScriptDirectory.from_config(config).get_current_head()
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{line.schema}"'))
    known = connection.execute(
        text("SELECT to_regclass(:name) IS NOT NULL"), {"name": f"{line.schema}.migration"}
    ).scalar_one()
    present = (
        connection.execute(text(f'SELECT version_num FROM "{line.schema}".migration')).scalar()  # noqa: S608 - our own schema name
        if known
        else None
    )
    if present == head:
        return False
    # A migration that cannot get its lock gives up instead of queueing every reader behind it.
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    command.upgrade(config, "head")
    return True


def _install_jobs(connection: Connection, app_role: str) -> bool:
    """The job queue's tables, in the schema `jobs`, as the library's own schema file has them."""
    installed = connection.execute(
        text("SELECT to_regclass('jobs.procrastinate_jobs') IS NOT NULL")
    ).scalar_one()
    if installed:
        return False
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS jobs"))
    connection.execute(text("SET LOCAL search_path = jobs"))
    schema = procrastinate.schema.SchemaManager.get_schema()
    connection.exec_driver_sql(schema.replace("%", "%%"))
    _grant(connection, "jobs", app_role)
    connection.commit()
    return True


def _grant(connection: Connection, schema: str, role: str, *, tables: str = _ANY) -> None:
    for statement in (
        'GRANT USAGE ON SCHEMA "{schema}" TO "{role}"',
        'GRANT {tables} ON ALL TABLES IN SCHEMA "{schema}" TO "{role}"',
        'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "{schema}" TO "{role}"',
        'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "{schema}" TO "{role}"',
    ):
        connection.execute(text(statement.format(schema=schema, role=role, tables=tables)))
    # Policies belong to the parent: who reads a partition by its own name meets none.
    partitions = connection.execute(
        text(
            "SELECT c.oid::regclass::text FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relispartition AND c.relkind = 'r' AND n.nspname = :schema"
        ),
        {"schema": schema},
    ).scalars()
    for partition in partitions.all():
        connection.execute(text(f'REVOKE ALL ON {partition} FROM "{role}"'))


def _protect(connection: Connection, line: Migrations, role: str) -> None:
    for table in line.only_added_to:
        connection.execute(text(f'REVOKE UPDATE, DELETE ON {line.schema}.{table} FROM "{role}"'))
