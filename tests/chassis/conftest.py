"""Fixtures of the chassis' own tests."""

import pytest

from chassis.counting import create_tables
from fixtures.engines import TestDatabase
from gymhopper.chassis.engines import Engines
from gymhopper.chassis.migrate import migrate
from gymhopper.chassis.provision import APPLICATION, provision


@pytest.fixture(scope="session")
def template(engines: Engines) -> str:
    """The name of a database that has the chassis' tables and those of no context."""
    owner_url, _ = provision(engines.postgres_url, "template_chassis")
    migrate(owner_url, APPLICATION, [])
    return "template_chassis"


@pytest.fixture
def counting(database: TestDatabase) -> TestDatabase:
    """The test's database, with counters in it."""
    create_tables(database.owner_url)
    return database
