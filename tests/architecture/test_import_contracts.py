"""The import contracts hold, and each of them catches what it is there for."""

import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
CONFIG = PROJECT / ".importlinter"

# Contract, then the files that break it; what they need beside them is in PLANTED_ALWAYS.
VIOLATIONS = [
    (
        "independence",
        {"contexts/planted/subscribers.py": "import gymhopper.contexts.second.queries"},
    ),
    (
        "independence",
        {
            "contexts/planted/subscribers.py": "import gymhopper.chassis.planted",
            "chassis/planted.py": "import gymhopper.contexts.second.queries",
        },
    ),
    ("storeys", {"kernel/planted.py": "import gymhopper.contracts"}),
    ("storeys", {"contracts/planted.py": "import gymhopper.chassis"}),
    ("storeys", {"chassis/planted.py": "import gymhopper.contexts.planted"}),
    ("storeys", {"contexts/planted/http.py": "import gymhopper.sandbox"}),
    ("storeys", {"sandbox/planted.py": "import gymhopper.edge"}),
    ("storeys", {"edge/planted.py": "import gymhopper.app"}),
    ("storeys", {"planted/__init__.py": ""}),
    ("inside", {"contexts/planted/domain/rules.py": "import gymhopper.contexts.planted.storage"}),
    ("inside", {"contexts/planted/domain/rules.py": "import gymhopper.contexts.planted.gate"}),
    ("inside", {"contexts/planted/storage/rows.py": "import gymhopper.contexts.planted.queries"}),
    ("inside", {"contexts/planted/queries.py": "import gymhopper.contexts.planted.usecases"}),
    ("inside", {"contexts/planted/usecases/act.py": "import gymhopper.contexts.planted.http"}),
    ("inside", {"contexts/planted/http.py": "import gymhopper.contexts.planted.jobs"}),
    ("inside", {"contexts/planted/jobs.py": "import gymhopper.contexts.planted.context"}),
    ("pure-domain", {"contexts/planted/domain/rules.py": "import sqlalchemy"}),
    ("pure-domain", {"contracts/planted.py": "import fastapi"}),
    ("pure-domain", {"kernel/planted.py": "import httpx"}),
    ("stripe", {"contexts/planted/usecases/act.py": "import stripe"}),
    ("stripe", {"contexts/billing/planted.py": "from stripe import StripeClient"}),
    ("stripe", {"sandbox/planted.py": "import stripe"}),
    ("gate", {"contexts/access/gate/planted.py": "import redis.asyncio"}),
    ("gate", {"contexts/access/gate/planted.py": "import fastapi"}),
    ("edge", {"edge/planted.py": "from sqlalchemy.ext import asyncio"}),
    ("edge", {"edge/planted.py": "import gymhopper.contexts.planted.storage"}),
    (
        "edge",
        {
            "edge/planted.py": "import gymhopper.contexts.access.domain.planted",
            "contexts/access/domain/planted.py": "import psycopg",
        },
    ),
    (
        "acyclic",
        {
            "kernel/planted.py": "import gymhopper.kernel.grown",
            "kernel/grown.py": "import gymhopper.kernel.planted",
        },
    ),
]

PLANTED_ALWAYS = {
    **{
        f"contexts/planted/{each}/__init__.py": ""
        for each in ("domain", "gate", "storage", "usecases", "gateways")
    },
    **{
        f"contexts/planted/{each}.py": ""
        for each in ("__init__", "context", "http", "subscribers", "jobs", "queries")
    },
    "contexts/second/__init__.py": "",
    "contexts/second/queries.py": "",
    "contexts/billing/gateways/planted.py": "import stripe",
}
PACKAGES = ("contexts/billing", "contexts/billing/gateways", "contexts/access",
            "contexts/access/domain", "contexts/access/gate")  # fmt: skip


def lint(source: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = "import sys; from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", command, "--config", CONFIG, "--no-cache", *arguments],
        cwd=source,
        env=os.environ | {"PYTHONPATH": str(source), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source with two small contexts more, which keep every contract."""
    source = tmp_path_factory.mktemp("src")
    unwanted = shutil.ignore_patterns("__pycache__", "*.lua", "*.html", "*.sql")
    shutil.copytree(PROJECT / "src", source, ignore=unwanted, dirs_exist_ok=True)
    write(source, PLANTED_ALWAYS)
    for package in PACKAGES:
        (source / "gymhopper" / package / "__init__.py").touch()
    return source


def write(source: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = source / "gymhopper" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""Planted."""\n\n{text}\n')


def test_the_project_keeps_its_contracts() -> None:
    linted = lint(PROJECT / "src")
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    ("contract", "files"), VIOLATIONS, ids=[f"{name}-{next(iter(f))}" for name, f in VIOLATIONS]
)
def test_a_planted_violation_is_caught(
    grown: Path, tmp_path: Path, contract: str, files: dict[str, str]
) -> None:
    source = tmp_path / "src"
    shutil.copytree(grown, source)
    write(source, files)
    linted = lint(source, "--contract", contract)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert "0 kept, 1 broken" in linted.stdout
    assert "planted" in linted.stdout


def test_what_the_contracts_allow_is_not_caught(grown: Path) -> None:
    for contract in ("independence", "stripe", "gate", "edge", "pure-domain"):
        linted = lint(grown, "--contract", contract)
        assert "1 kept, 0 broken" in linted.stdout, linted.stdout + linted.stderr


def test_every_contract_has_a_planted_violation() -> None:
    config = ConfigParser()
    config.read(CONFIG)
    contracts = {
        name.rpartition(":")[2] for name in config.sections() if name.startswith("importlinter:c")
    }
    assert contracts == {contract for contract, _ in VIOLATIONS}
