"""Which account the embedded engines run under, and how they reach their files and programs."""

import os
import pwd
from pathlib import Path

import pytest

from fixtures.engine_owners import install, owner, python_for, read, write
from gymhopper.chassis.engines import EmbeddedEngines

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


@needs_root
def test_for_root_the_servers_run_under_an_account_without_rights(private_folder: Path) -> None:
    engines = EmbeddedEngines(private_folder)
    groups = os.getgroups()
    os.setgroups([1])
    try:
        engines.start()
    finally:
        os.setgroups(groups)
    with engines:
        for pid in engines.pids.values():
            status = Path(f"/proc/{pid}/status").read_text()
            assert "\nUid:\t0" not in status
            assert "\nCapEff:\t0000000000000000" in status
            assert "\nGroups:\t \n" in status


@needs_root
def test_root_goes_on_with_the_account_that_owns_the_files(private_folder: Path) -> None:
    with EmbeddedEngines(private_folder) as urls:
        write(urls, "kept")
    nobody = pwd.getpwnam("nobody")
    for each in ("postgres", "valkey", "run"):
        for path in (private_folder / each, *(private_folder / each).rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    engines = EmbeddedEngines(private_folder)
    with engines as urls:
        assert read(urls) == (["kept"], "kept")
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in engines.pids.values()} == {
            nobody.pw_uid
        }


@needs_root
def test_programs_that_the_account_cannot_reach_are_copied_once(
    tmp_path: Path, open_folder: Path
) -> None:
    tmp_path.chmod(0o700)
    installed, copies = install(tmp_path / "site"), open_folder / "copies"
    made = []
    for _ in range(2):
        with owner(open_folder / "data", copies, path=installed) as run:
            write(run.urls, "copied")
            for pid in run.pids.values():
                assert Path(f"/proc/{pid}/exe").readlink().is_relative_to(copies)
        made.append({each.name: each.stat().st_ctime_ns for each in copies.iterdir()})
    assert made[0] == made[1]
    assert len(made[0]) == 2


@needs_root
def test_an_ordinary_user_runs_the_servers_as_itself(open_folder: Path) -> None:
    python = python_for("nobody")
    nobody = pwd.getpwnam("nobody")
    installed = install(open_folder / "site")
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    for expected in (["one"], ["one", "two"]):
        with owner(home / "data", python=python, path=installed, account="nobody") as run:
            assert {Path(f"/proc/{pid}").stat().st_uid for pid in run.pids.values()} == {
                nobody.pw_uid
            }
            write(run.urls, expected[-1])
            assert read(run.urls) == (expected, expected[-1])
