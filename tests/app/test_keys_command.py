"""The command that replaces a master key, from the first look to the last."""

import asyncio
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fixtures.engines import TestDatabase
from gymhopper.app.cli import app
from gymhopper.app.opening import open_runtime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.engines import Engines
from gymhopper.chassis.settings import CONTEXTS, Settings
from gymhopper.contexts.membership.domain.person import Contact
from gymhopper.contexts.membership.usecases.keep_agreement import AgreementGiven
from gymhopper.contexts.membership.usecases.register_member import RegisterMember, register_member
from gymhopper.kernel.errors import Conflict, InvalidInput
from gymhopper.kernel.ids import new_id


@pytest.fixture
def settings(
    database: TestDatabase, engines: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """As commands read them from the environment; one member is registered."""
    for name, value in {
        "DATABASE_URL": database.url,
        "OWNER_URL": database.owner_url,
        "VALKEY_URL": engines.valkey_url,
        "DATA_FOLDER": str(tmp_path),
    }.items():
        monkeypatch.setenv(f"GYMHOPPER_{name}", value)
    monkeypatch.setenv("COLUMNS", "200")

    async def register() -> None:
        async with (
            open_runtime(Settings(contexts=CONTEXTS), migrated=False) as runtime,
            runtime.begin(SERVICE) as uow,
        ):
            await register_member(
                uow,
                RegisterMember(
                    organisation_id=new_id(),
                    first_name="Ada",
                    last_name="Byron",
                    contact=Contact(email="ada@example.org"),
                    agreement=AgreementGiven(terms="1", privacy="1", language="en", channel="desk"),
                ),
            )

    asyncio.run(register())
    return Settings()


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["keys", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def states() -> dict[str, str]:
    return dict(
        re.findall(r"([0-9a-f]{8}) *│ (in use|needed|may be removed|not known)", run("list"))
    )


def test_a_master_key_is_replaced_and_forgotten(settings: Settings) -> None:
    (old,) = states()
    run("new")
    assert states() == {old: "needed"} | {new: "in use" for new in states() if new != old}
    with pytest.raises(Conflict):
        run("remove", old)
    assert "sealed with the key in use" in run("rotate")
    assert states()[old] == "may be removed"
    run("remove", old)
    assert list(states().values()) == ["in use"]
    assert old not in states()


def test_a_key_of_the_environment_is_printed_and_not_kept(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (tmp_path / "master.key").read_text()
    monkeypatch.setenv("GYMHOPPER_MASTER_KEY", text.strip())
    (tmp_path / "master.key").unlink()
    (old,) = states()
    printed = run("new").strip()
    assert printed.split()[1] == text.strip()
    monkeypatch.setenv("GYMHOPPER_MASTER_KEY", printed)
    assert list(states().values()) == ["in use", "needed"]
    run("rotate")
    assert states()[old] == "may be removed"
    with pytest.raises(InvalidInput, match="GYMHOPPER_MASTER_KEY"):
        run("remove", old)
    assert not (tmp_path / "master.key").exists()
