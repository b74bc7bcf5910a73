"""The command line as an operator meets it: what it says, and with which exit status."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner, Result

from e2e.installation import Installation, another_process, installed
from gymhopper import __version__
from gymhopper.app.cli import app
from gymhopper.app.demo import DEMO_CONTEXTS
from gymhopper.app.opening import open_runtime
from gymhopper.app.wellness import promises
from gymhopper.chassis.registry import load
from gymhopper.chassis.settings import CONTEXTS, Settings

pytestmark = pytest.mark.timeout(300)

TIMER = "access.ensure_partitions"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("cli") / "data") as running:
        yield running


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def words(text: str) -> str:
    """Without the frames and line breaks that depend on the terminal."""
    return " ".join(text.replace("│", " ").split())


def test_help_names_every_command() -> None:
    said = run("--help")

    assert said.exit_code == 0
    for command in (
        "admin",
        "backup",
        "demo",
        "doctor",
        "gate",
        "migrate",
        "restore",
        "serve",
        "up",
    ):
        assert f" {command} " in said.stdout


def test_no_command_is_the_same_as_asking_for_help() -> None:
    assert words(run().output) == words(run("--help").output)


def test_version_is_the_packages_own() -> None:
    assert run("version").stdout == f"{__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("serve", "--contexts", "acess"), "acess is none of identity, "),
        (("serve", "--roles", "boss"), "boss is none of api, relay, worker"),
        (("gate", "--workers", "0"), "--workers"),
        (("open-sesame",), "No such command 'open-sesame'"),
        (("up", "--port", "99999"), "less than or equal to 65535"),
        (("audit", "verify", "--seals", "nowhere"), "'nowhere' does not exist"),
        (("audit", "export", "--from", "yesterday"), "yesterday is neither a date like"),
    ],
)
def test_a_wrong_argument_is_named_in_a_sentence(arguments: tuple[str, ...], says: str) -> None:
    refused = run(*arguments)

    assert refused.exit_code == 2
    assert says in words(refused.stderr)
    assert "Traceback" not in refused.stderr


def test_an_administrators_key_is_made_while_the_platform_runs(installation: Installation) -> None:
    made = installation.command("admin", "key", "--name", "Ada")
    token = made.stdout.strip()

    assert made.returncode == 0, made.stderr
    assert "Ada" in made.stderr
    assert "A new platform begins" not in made.stderr
    assert token not in made.stderr
    answer = httpx.get(
        f"{installation.url}/api/v1/members", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200
    stranger = httpx.get(
        f"{installation.url}/api/v1/members", headers={"Authorization": f"Bearer {token[:-1]}x"}
    )
    assert stranger.status_code == 401


def test_an_administrator_is_made_while_the_platform_runs_and_signs_in(
    installation: Installation,
) -> None:
    made = installation.command(
        *("admin", "create", "--email", "ada@example.com", "--url", installation.url)
    )
    page = made.stdout.strip()
    password = "a mill that weaves algebra"

    assert made.returncode == 0, made.stderr
    assert page not in made.stderr
    assert httpx.get(page).status_code == 200
    token = page.rpartition("token=")[2]
    set_at = f"{installation.url}/sign-in/password"
    done = httpx.post(set_at, data={"token": token, "password": password})
    assert done.status_code == 200, done.text
    assert httpx.post(set_at, data={"token": token, "password": password}).status_code == 401

    with httpx.Client(base_url=installation.url) as client:
        body = {"email": "ada@example.com", "password": password}
        assert client.post("/api/v1/sessions", json=body).status_code == 201
        assert client.get("/api/v1/members").status_code == 200


def test_migrating_twice_changes_nothing(installation: Installation) -> None:
    def revisions() -> set[tuple[str, str]]:
        with psycopg.connect(installation.database_url) as connection:
            found = set()
            for (schema,) in connection.execute(
                "SELECT table_schema FROM information_schema.tables WHERE table_name = 'migration'"
            ).fetchall():
                revision = sql.SQL("SELECT version_num FROM {}.migration")
                row = connection.execute(revision.format(sql.Identifier(schema))).fetchone()
                assert row is not None
                found.add((schema, row[0]))
        return found

    before = revisions()
    for _ in range(2):
        migrated = installation.command("migrate")
        assert migrated.returncode == 0, migrated.stderr
        assert migrated.stdout == "The database is up to date.\n"
    assert before
    assert revisions() == before


def test_doctor_finds_a_running_platform_well(installation: Installation) -> None:
    examined = installation.command("doctor")

    assert examined.returncode == 0, examined.stdout + examined.stderr
    assert examined.stdout.count("✓") == len(promises(load(CONTEXTS)))


def test_doctor_fails_and_names_a_broken_promise(installation: Installation) -> None:
    with psycopg.connect(installation.database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO chassis.timer (name, key, due_at, attempts)"
            " VALUES (%s, 'planted', '2999-01-01', 7)",
            (TIMER,),
        )
        try:
            examined = installation.command("doctor")
        finally:
            connection.execute("DELETE FROM chassis.timer WHERE key = 'planted'")

    assert examined.returncode == 1
    assert "✗ No timer has given up 1 violations" in words(examined.stdout)


def test_a_provider_that_is_not_set_up_rightly_is_named_at_the_start(tmp_path: Path) -> None:
    wrong = {"IDENTITY_OIDC": '[{"name": "acme", "label": "Acme", "issuer": "http://acme"}]'}
    refused = Installation(tmp_path / "data", settings=wrong).command("up", "--port", "0")

    assert refused.returncode == 1
    assert "GYMHOPPER_IDENTITY_OIDC at 0.client_id: Field required." in words(refused.stderr)
    assert "Traceback" not in refused.stderr


def test_who_mistypes_the_folder_is_told_that_nothing_was_there(tmp_path: Path) -> None:
    made = Installation(tmp_path / "dta").command("admin", "key")

    assert made.returncode == 0, made.stderr
    assert f"A new platform begins in {tmp_path}" in words(made.stderr)


def test_a_second_platform_on_the_same_folder_is_refused(installation: Installation) -> None:
    second = installation.command("up", "--port", "0")

    assert second.returncode == 1
    assert installation.process is not None
    assert f"is in use by process {installation.process.pid}" in words(second.stderr)
    assert "Traceback" not in second.stderr
    assert installation.ready()


def test_a_port_that_is_taken_is_named(installation: Installation, tmp_path: Path) -> None:
    other = Installation(tmp_path / "data", port=installation.port)
    refused = other.command("up", "--port", str(installation.port))

    assert refused.returncode == 1
    assert f"{installation.port}" in words(refused.stderr)
    assert "Traceback" not in refused.stderr


async def test_who_answers_nobody_lets_those_go_first_who_do(installation: Installation) -> None:
    settings = Settings(data_folder=installation.folder, contexts=DEMO_CONTEXTS)
    async with open_runtime(settings, migrated=False) as runtime:
        with another_process(installation, runtime.settings, roles="relay,worker") as behind:
            nice = [
                os.getpriority(os.PRIO_PROCESS, each.process.pid)
                for each in (installation, behind)
                if each.process is not None
            ]
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert nice == [own, own + 5]
