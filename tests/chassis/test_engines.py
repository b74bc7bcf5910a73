"""The embedded engines, on real servers."""

import os
import signal
import subprocess
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
import redis

from fixtures.engine_owners import kill, lives, owner, read, write
from gymhopper.chassis.engines import (
    DataFolderHeld,
    EmbeddedEngines,
    EngineError,
    postgres_program,
    server,
)


def test_a_second_start_is_quick_and_finds_what_the_first_one_wrote(private_folder: Path) -> None:
    with EmbeddedEngines(private_folder) as urls:
        write(urls, "first")
    began = time.monotonic()
    with EmbeddedEngines(private_folder) as urls:
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


def test_stopping_ends_both_servers(private_folder: Path) -> None:
    engines = EmbeddedEngines(private_folder)
    engines.start()
    pids = engines.pids
    assert set(pids) == {"postgres", "valkey"}
    engines.stop()
    assert not any(lives(pid) for pid in pids.values())
    assert engines.pids == {}
    engines.stop()


def test_only_the_engine_that_is_wanted_runs(private_folder: Path) -> None:
    engines = EmbeddedEngines(private_folder, postgres=False)
    with engines as urls:
        assert set(engines.pids) == {"valkey"}
        assert urls.postgres_url == ""
        with redis.Redis.from_url(urls.valkey_url) as client:
            assert client.ping()


def test_nothing_listens_on_tcp(private_folder: Path) -> None:
    engines = EmbeddedEngines(private_folder)
    with engines:
        for pid in engines.pids.values():
            held = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
            for table in ("tcp", "tcp6", "udp", "udp6"):
                lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
                assert not held & {f"socket:[{line.split()[9]}]" for line in lines}


def test_the_servers_are_set_up_to_lose_nothing(private_folder: Path) -> None:
    with EmbeddedEngines(private_folder) as urls:
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


def test_a_folder_that_another_process_owns_is_refused(private_folder: Path) -> None:
    with owner(private_folder) as other:
        with pytest.raises(DataFolderHeld, match=f"in use by process {other.process.pid}"):
            EmbeddedEngines(private_folder).start()
        write(other.urls, "undisturbed")
        assert read(other.urls) == (["undisturbed"], "undisturbed")
    with EmbeddedEngines(private_folder) as urls:
        assert read(urls) == (["undisturbed"], "undisturbed")


def test_a_folder_that_this_process_owns_is_refused_a_second_time(private_folder: Path) -> None:
    with EmbeddedEngines(private_folder), pytest.raises(DataFolderHeld):
        EmbeddedEngines(private_folder).start()


def test_servers_that_outlived_their_killed_owner_are_taken_over(private_folder: Path) -> None:
    with owner(private_folder) as other:
        write(other.urls, "before the kill")
        other.process.kill()
        other.process.wait()
    assert all(lives(pid) for pid in other.pids.values())
    with EmbeddedEngines(private_folder) as urls:
        assert read(urls) == (["before the kill"], "before the kill")
        write(urls, "after")
    assert not any(lives(pid) for pid in other.pids.values())


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_killed_server_is_brought_back_with_all_that_it_confirmed(
    private_folder: Path, name: str
) -> None:
    engines = EmbeddedEngines(private_folder)
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
def test_a_pid_file_left_behind_by_a_crash_does_not_stop_the_start(
    private_folder: Path, left: str
) -> None:
    with EmbeddedEngines(private_folder, valkey=False):
        pid_file = (private_folder / "postgres" / "postmaster.pid").read_text()
    # The account of the servers must own the stranger, or PostgreSQL would not mind it.
    stranger = subprocess.Popen(["sleep", "60"], user=(private_folder / "postgres").stat().st_uid)
    try:
        lines = pid_file.splitlines()[1:]
        text = "\n".join([str(stranger.pid), *lines, ""]) if left == "stranger" else ""
        (private_folder / "postgres" / "postmaster.pid").write_text(text)
        with (
            EmbeddedEngines(private_folder, valkey=False) as urls,
            psycopg.connect(urls.postgres_url),
        ):
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_first_start_that_was_interrupted_is_made_again(private_folder: Path) -> None:
    (private_folder / "postgres.new" / "base").mkdir(parents=True)
    with EmbeddedEngines(private_folder, valkey=False) as urls, psycopg.connect(urls.postgres_url):
        assert not (private_folder / "postgres.new").exists()


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


def test_a_server_that_will_not_run_says_why_and_leaves_nothing_behind(
    private_folder: Path,
) -> None:
    with EmbeddedEngines(private_folder, valkey=False):
        pass
    settings = private_folder / "postgres" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "\nno_such_setting = 1\n")
    engines = EmbeddedEngines(private_folder)
    with pytest.raises(EngineError, match="no_such_setting"):
        engines.start()
    assert engines.pids == {}
    settings.write_text(good)
    with EmbeddedEngines(private_folder) as urls, psycopg.connect(urls.postgres_url):
        pass


def test_a_server_that_hangs_is_killed_and_reported(
    private_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "STOP_SECONDS", 0.2)
    engines = EmbeddedEngines(private_folder, postgres=False)
    engines.start()
    pid = engines.pids["valkey"]
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(EngineError, match="was killed"):
        engines.stop()
    assert not lives(pid)
    with EmbeddedEngines(private_folder, postgres=False):
        pass


def test_the_other_programs_of_postgresql_can_be_found() -> None:
    said = subprocess.run(
        [postgres_program("pg_dump"), "--version"], capture_output=True, check=True
    )
    assert said.stdout.startswith(b"pg_dump (PostgreSQL) 18")
    with pytest.raises(EngineError, match="pg_nothing"):
        postgres_program("pg_nothing")
