"""`gymhopper audit` as an operator meets it."""

import json
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from app.conftest import Run
from contexts.audit.conftest import House, house
from contexts.audit.sealing import seal, write
from gymhopper.kernel.clock import ManualClock

__all__ = ["house"]


@pytest.fixture
def audit(command: Run) -> Run:
    return partial(command, "audit")


async def test_a_whole_log_is_verified_exported_and_its_seals_printed(
    house: House, audit: Run, tmp_path: Path
) -> None:
    await write(house, 4)
    await seal(house)
    verified = await audit("verify")
    assert verified.exit_code == 0, verified.output
    assert "The audit log is whole: 4 entries under 2 seals, 0 waiting" in verified.stdout

    printed = await audit("seals")
    lines = printed.stdout.splitlines()
    assert [json.loads(each)["number"] for each in lines] == [1, 2]
    assert (await audit("seals", "--after", "1")).stdout.splitlines() == lines[1:]
    kept = tmp_path / "kept.jsonl"
    kept.write_text(printed.stdout)
    assert (await audit("verify", "--seals", str(kept))).exit_code == 0

    exported = await audit("export", "--organisation", str(house.north))
    entries = [json.loads(each) for each in exported.stdout.splitlines()]
    assert [each["number"] for each in entries] == [1, 2, 3, 4, None]
    assert (entries[-1]["actor"], entries[-1]["action"]) == ("console", "exported")
    table = await audit("export", "--format", "csv", "--until", "2026-03-01")
    assert len(table.stdout.splitlines()) == 1


async def test_a_log_that_was_tampered_with_is_an_error_with_the_place(
    house: House, audit: Run, tmp_path: Path
) -> None:
    await write(house, 4)
    await seal(house)
    kept = tmp_path / "kept.jsonl"
    kept.write_text((await audit("seals")).stdout.replace('"hash":"', '"hash":"00'))
    told = await audit("verify", "--seals", str(kept))
    assert told.exit_code == 1
    assert "seal 1 is not the one that was kept" in told.stdout
    house.forge("UPDATE audit.entry SET actor = 'somebody' WHERE number = 3")
    told = await audit("verify")
    assert told.exit_code == 1
    assert "entry 3 was altered" in told.stdout
    kept.write_text("no seal")
    assert (await audit("verify", "--seals", str(kept))).exception is not None


async def test_old_months_are_dropped_once_the_log_was_verified(
    house: House, audit: Run, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GYMHOPPER_AUDIT_KEEP_MONTHS", "1")
    await write(house, 2)
    clock.advance(timedelta(days=62))
    await write(house, 1)
    await seal(house)
    told = await audit("drop", "--yes")
    assert told.exit_code == 0, told.output
    assert told.stdout == "2026-03: 2 entries dropped.\n2026-05: 1 entries dropped.\n"
    verified = await audit("verify")
    assert "3 entries were dropped, until seal 2" in verified.stdout
    entry, _ = await house.entries(action="dropped")
    assert (entry.actor, entry.detail) == ("console", {"month": "2026-03", "entries": 2})
    assert (await audit("drop", "--yes")).stdout == "Nothing is old enough.\n"


async def test_a_log_that_is_not_whole_is_not_dropped(
    house: House, audit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GYMHOPPER_AUDIT_KEEP_MONTHS", "1")
    await write(house, 2)
    await seal(house)
    house.forge("DELETE FROM audit.entry WHERE number = 1")
    assert (await audit("drop", "--yes")).exit_code == 1
    assert (await audit("drop")).exit_code == 1
