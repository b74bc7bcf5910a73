"""The house rules hold, and their linters see what they are there for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LINTERS = ("check_clock", "check_hosts", "check_size")
# In pieces, or this file would name them itself.
PYPI, NPM = map(".".join, (("pypi", "org"), ("npmjs", "org")))
NO = ["--no-skips"]
KERNEL_CLOCK = "src/gymhopper/kernel/clock.py"


def lint(linter: str, root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, PROJECT / "tools" / f"{linter}.py", root]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def statements(count: int) -> str:
    return "def planted() -> None:\n" + "    print()\n" * count


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def plant(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


@pytest.mark.parametrize("linter", LINTERS)
def test_the_project_keeps_the_house_rules(linter: str) -> None:
    linted = lint(linter, PROJECT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    ("linter", "name", "text", "says"),
    [
        ("check_size", "src/long.py", "x = 1\n" * 401, "src/long.py: 401 lines"),
        ("check_size", "web/long.tsx", "\n" * 401, "web/long.tsx: 401 lines"),
        ("check_size", "src/a.py", statements(51), "src/a.py:1: planted has 51 statements"),
        ("check_size", "src/a.py", "async " + statements(51), "planted has 51 statements"),
        ("check_hosts", "requirements/a.lock", f"--index-url https://{PYPI}/simple", ":1: "),
        ("check_hosts", "a.json", f'\n"https://registry.{NPM}/left-pad"', "a.json:2: "),
        ("check_clock", "src/a.py", "import datetime as d\nd.datetime.now()", "src/a.py:2: "),
        ("check_clock", "src/a.py", "from datetime import *\ndatetime.now(UTC)", "datetime.now"),
        ("check_clock", "src/a.py", "datetime.utcnow()", "datetime.utcnow"),
        ("check_clock", "src/a.py", "column(default=datetime.now)", "datetime.now"),
        ("check_clock", "src/a.py", "date.today()", "date.today"),
        ("check_clock", "src/a.py", "import time\ntime.time()", "time.time"),
        ("check_clock", "src/a.py", "sqlalchemy.func.now()", "func.now"),
        ("check_clock", "src/a.py", "text('SELECT now()')", "now()"),
        ("check_clock", "src/a.py", "run(f'{x} < CURRENT_TIMESTAMP')", "CURRENT_TIMESTAMP"),
        ("check_clock", "src/a.sql", "\nSELECT\n  NOW ( );", "src/a.sql:3: "),
        ("check_clock", "src/a.sql", "due_at timestamptz DEFAULT current_timestamp", "current_t"),
        ("check_clock", "src/gymhopper/kernel/ids.py", "datetime.now(UTC)", "datetime.now"),
    ],
)
def test_a_planted_breach_is_named(
    planted: Path, linter: str, name: str, text: str, says: str
) -> None:
    plant(planted, name, text)
    linted = lint(linter, planted)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert name in linted.stdout
    assert says in linted.stdout


@pytest.mark.parametrize(
    ("linter", "name", "text"),
    [
        ("check_size", "src/just.py", "x = 1\n" * 400),
        ("check_size", "src/a.py", statements(50)),
        ("check_size", "src/a.py", 'def f():\n    """Said."""\n' + "    print()\n" * 50),
        ("check_size", "docs/long.md", "\n" * 1000),
        ("check_hosts", "README.md", "Packages come from PyPI, npm and Maven Central."),
        ("check_hosts", "logo.png", "\udcff"),
        ("check_clock", KERNEL_CLOCK, "datetime.now(UTC)"),
        ("check_clock", "src/gymhopper/kernel/ids.py", "time.time_ns()"),
        ("check_clock", "src/a.py", "clock.now()\ntime.monotonic()\nself.now()"),
        ("check_clock", "src/a.py", '"""SQL has no now() of its own here."""'),
        ("check_clock", "src/a.sql", "SELECT 1; -- never now()"),
        ("check_clock", "tests/a.py", "datetime.now(UTC)"),
    ],
)
def test_what_the_rules_allow_is_not_named(
    planted: Path, linter: str, name: str, text: str
) -> None:
    (planted / name).parent.mkdir(parents=True, exist_ok=True)
    (planted / name).write_bytes(text.encode(errors="surrogateescape"))
    linted = lint(linter, planted)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_files_that_git_ignores_are_not_looked_at(planted: Path) -> None:
    plant(planted, ".gitignore", "made/\n")
    plant(planted, "made/long.py", "x = 1\n" * 500)
    assert lint("check_size", planted).returncode == 0


@pytest.mark.parametrize(
    ("text", "options", "reason", "passes"),
    [
        ("@pytest.mark.skip(reason='no engine')\ndef test_planted(): pass", [], "1 skipped", True),
        ("@pytest.mark.skip(reason='no engine')\ndef test_planted(): pass", NO, "no engine", False),
        ("def test_planted(): pytest.skip('no engine')", NO, "no engine", False),
        (
            "def test_planted(): pytest.skip('no engine')",
            [*NO, "-p", "xdist", "-n2"],
            "no engine",
            False,
        ),
        ("pytest.importorskip('no_such_wheel')", NO, "no_such_wheel", False),
        ("@pytest.mark.xfail\ndef test_planted(): assert False", NO, "1 xfailed", True),
    ],
)
def test_no_skip_is_accepted_when_none_is_wanted(
    tmp_path: Path, text: str, options: list[str], reason: str, *, passes: bool
) -> None:
    (tmp_path / "test_planted.py").write_text(f"import pytest\n{text}\ndef test_runs(): pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "fixtures.no_skips", *options]
    ran = subprocess.run(
        [*command, "--override-ini=addopts=", "--rootdir", tmp_path, tmp_path],
        cwd=PROJECT / "tests",
        # Every plugin that is installed would be loaded, which takes longer than the rest.
        env={"PATH": os.defpath, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode == 0) == passes, ran.stdout
    assert reason in ran.stdout
    assert ("no skip is accepted here" in ran.stdout) != passes
