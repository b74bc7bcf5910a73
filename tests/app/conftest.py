"""Commands of the command line, as an operator gives them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fixtures.engines import TestDatabase
from gymhopper.app.cli import app
from gymhopper.chassis.engines import Engines

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def command(
    database: TestDatabase, engines: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Gives commands to `gymhopper` on the test's database."""
    for name, value in {
        "DATABASE_URL": database.url,
        "OWNER_URL": database.owner_url,
        "VALKEY_URL": engines.valkey_url,
        "DATA_FOLDER": str(tmp_path),
    }.items():
        monkeypatch.setenv(f"GYMHOPPER_{name}", value)

    async def run(*arguments: str) -> Result:
        # A command starts an event loop of its own.
        return await asyncio.to_thread(CliRunner().invoke, app, [*arguments])

    return run
