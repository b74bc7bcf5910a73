"""The tables in the code and the tables that the migrations build are the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from fixtures.engines import TestDatabase
from gymhopper.chassis.database import sqlalchemy_url
from gymhopper.contexts.membership.storage.tables import metadata


def test_tables_equal_what_the_migrations_build(database: TestDatabase) -> None:
    def ours(name: str | None, kind: str, _: object) -> bool:
        return name == "membership" if kind == "schema" else name != "migration"

    engine = create_engine(sqlalchemy_url(database.owner_url))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"include_schemas": True, "include_name": ours}
            )
            assert compare_metadata(context, metadata) == []
    finally:
        engine.dispose()
