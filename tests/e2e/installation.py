"""A whole installation as an operator runs it: `gymhopper up` on a folder, in a process of its own.

Its parts can be killed without warning, as a full memory or a pulled plug would kill them.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx

from fixtures.logs import watch_file
from gymhopper.app.demo import DEMO_CONTEXTS
from gymhopper.chassis.engines.server import processes
from gymhopper.chassis.settings import Settings
from gymhopper.sandbox.demo.client import Platform

GYMHOPPER = Path(sys.executable).with_name("gymhopper")
READY_SECONDS = 90

Part = Literal["main", "postgres", "valkey"]


@dataclass
class Installation:
    """`settings` are environment variables without their prefix, `program` is what is run."""

    folder: Path
    port: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    program: Path = GYMHOPPER

    def __post_init__(self) -> None:
        self.port = self.port or free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """The superuser's."""
        found: str = json.loads((self.folder / "engines.json").read_text())["postgres_url"]
        return found

    @property
    def environment(self) -> dict[str, str]:
        given = {"DATA_FOLDER": str(self.folder), "CONTEXTS": json.dumps(DEMO_CONTEXTS)}
        given |= {"LOG_LEVEL": "WARNING", "LOG_FORMAT": "json"} | self.settings
        return os.environ | {f"GYMHOPPER_{name}": value for name, value in given.items()}

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `gymhopper` with this installation's settings to its end."""
        return subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self) -> None:
        """Return once it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        watch_file(self.folder / "up.log")
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "up", "--port", str(self.port)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self.ready():
            assert self.process is not None
            assert self.process.poll() is None, f"it ended: {self.log()[-3000:]}"
            assert time.monotonic() < deadline, f"it does not get ready: {self.log()[-3000:]}"
            time.sleep(0.05)

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False

    def kill(self, part: Part) -> None:
        """SIGKILL, and return when it has ended; an engine, when another one runs in its place.
        `main` is relay, workers, API and gate at once."""
        if part == "main":
            assert self.process is not None
            self.process.kill()
            self.process.wait()
            return
        pid = self._engine(part)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + READY_SECONDS
        while self._engine(part) in {None, pid}:
            assert time.monotonic() < deadline, f"{part} is not started again: {self.log()[-3000:]}"
            time.sleep(0.05)

    def _engine(self, part: Part) -> int | None:
        """The process that the engine's others come from; None where there is none."""
        if part == "valkey":
            return next(iter(processes("valkey-server", self.folder / "valkey")), None)
        postgres = self.folder / "postgres"
        try:
            pid = int((postgres / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):  # it is about to be written
            return None
        return pid if pid in processes("postgres", postgres) else None

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)

    def log(self) -> str:
        return (self.folder / "up.log").read_text(errors="replace")

    def administrator(self) -> Platform:
        """A client with an administrator's key."""
        made = self.command("admin", "key", "--name", "proof")
        assert made.returncode == 0, made.stderr
        return Platform(self.url, made.stdout.strip())


@contextmanager
def installed(folder: Path, **settings: str) -> Iterator[Installation]:
    """An installation that runs as long as the block, engines and all."""
    made = Installation(folder, settings=settings)
    try:
        made.start()
        yield made
    finally:
        end(made)


def end(made: Installation) -> None:
    """Leave no process behind, whatever state it is in."""
    if made.process is not None and made.process.poll() is None:
        made.process.terminate()
        try:
            made.process.wait(60)
        except subprocess.TimeoutExpired:
            made.process.kill()
            made.process.wait()
    for program, name in (("postgres", "postgres"), ("valkey-server", "valkey")):
        folder = made.folder / name
        for pid in processes(program, folder) if folder.exists() else ():
            os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def another_process(
    main: Installation, settings: Settings, *, roles: str, **more: str
) -> Iterator[Installation]:
    """One more, on the engines of the first, whose settings they are, with `more` of its own."""
    assert settings.database_url is not None
    assert settings.valkey_url is not None
    urls = {"DATABASE_URL": settings.database_url, "VALKEY_URL": settings.valkey_url}
    beside = Installation(main.folder, settings=urls | more)
    with (main.folder / "beside.log").open("ab") as log:
        beside.process = subprocess.Popen(
            [beside.program, "serve", "--roles", roles, "--port", str(beside.port)],
            env=beside.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        beside.wait_until_ready()
        yield beside
    finally:
        if beside.process.poll() is None:
            beside.kill("main")
