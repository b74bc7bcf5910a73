"""Fixtures of the chassis' own tests."""

import pytest

from chassis.counting import create_tables
from fixtures.engines import TestDatabase
from gymhopper.chassis.logging import configure_logging


@pytest.fixture(scope="session", autouse=True)
def _logging() -> None:
    configure_logging(style="console", level="ERROR")


@pytest.fixture
def counting(database: TestDatabase) -> TestDatabase:
    """The test's database, with counters in it."""
    create_tables(database.owner_url)
    return database
