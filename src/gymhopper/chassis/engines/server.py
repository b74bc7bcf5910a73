"""One server as a child process: started, asked, stopped, and ended when its owner was killed."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gymhopper.chassis.engines.account import Account, server_environment
from gymhopper.chassis.engines.errors import EngineError

START_SECONDS = 120.0  # crash recovery and loading a long append-only file take their time
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02


@dataclass(slots=True)
class Server:
    """How one server is run: `command` in `folder`, printing to `log`, until `polite` stops it.

    `answers` says whether it serves clients now; it must not raise.
    """

    name: str
    command: Sequence[str]
    folder: Path
    log: Path
    account: Account
    polite: signal.Signals
    answers: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        if self.process is None or self.process.poll() is not None:
            return None
        return self.process.pid

    def healthy(self) -> bool:
        """Whether it runs and answers."""
        return self.pid is not None and self.answers()

    def start(self) -> None:
        """Return once it answers; EngineError with the end of its log when it will not."""
        if self.pid is None:
            self._end_leftovers()
            self._spawn()
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.pid is None:
                raise EngineError(f"{self.name} did not start:\n{_end_of(self.log)}")
            if time.monotonic() > deadline:
                raise EngineError(f"{self.name} does not answer:\n{_end_of(self.log)}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Return once it has ended; EngineError when it had to be killed for that."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.polite)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise EngineError(
                f"{self.name} did not stop within {STOP_SECONDS:.0f} s and was killed"
            ) from None

    def _spawn(self) -> None:
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=server_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # An interrupt at the terminal is for us: we stop the engines last, in order.
                start_new_session=True,
                user=self.account.uid,
                group=self.account.gid,
                extra_groups=self.account.groups,
            )
        finally:
            os.close(log)

    def _end_leftovers(self) -> None:
        """Stop what a killed owner left running here: we own the folder, so nobody else will."""
        program = Path(self.command[0]).name
        deadline = time.monotonic() + STOP_SECONDS
        for pid in processes(program, self.folder):
            _signal(pid, self.polite)
        while left := processes(program, self.folder):
            if time.monotonic() > deadline:
                deadline += STOP_SECONDS
                for pid in left:
                    _signal(pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)
        if self.answers():
            raise EngineError(f"another {self.name} answers at the socket of {self.folder}")


def processes(program: str, folder: Path) -> list[int]:
    """Live processes of that program that work in that folder, as far as we may see them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        # It may end while we look, or belong to somebody else.
        with contextlib.suppress(OSError):
            same = (entry / "comm").read_text().strip() == program
            if same and (entry / "cwd").samefile(folder):
                found.append(int(entry.name))
    return found


def _signal(pid: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)


def _end_of(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
