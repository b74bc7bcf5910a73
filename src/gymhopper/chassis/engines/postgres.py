"""How PostgreSQL is made, started and asked."""

import shutil
import signal
from pathlib import Path
from urllib.parse import quote

import psycopg

from gymhopper.chassis.engines.account import Account
from gymhopper.chassis.engines.server import Server, processes

DATABASE = "gymhopper"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "jit": "off",  # compiling costs more than it saves on the short queries of a web service
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def postgres(folder: Path, run: Path, account: Account, binaries: Path) -> Server:
    """The server of the cluster in `folder`/postgres, which is made when there is none."""
    data = folder / "postgres"
    if not data.exists():
        _make_cluster(data, binaries, account)
    _forget_stranger(data / "postmaster.pid")
    sockets = str(run).replace('"', '""')
    settings = SETTINGS | {"unix_socket_directories": f'"{sockets}"'}
    url = postgres_url(run)

    def answers() -> bool:
        # The server writes its state into its pid file, so that nobody needs to knock too early.
        try:
            state = (data / "postmaster.pid").read_text().splitlines()[7:8]
            if [each.strip() for each in state] != ["ready"]:
                return False
            psycopg.connect(url, connect_timeout=5).close()
        except (OSError, psycopg.OperationalError):
            return False
        return True

    return Server(
        name="postgres",
        command=[
            str(binaries / "postgres"),
            *("-D", account.place(data)),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ],
        folder=data,
        log=folder / "postgres.log",
        account=account,
        polite=signal.SIGINT,  # "fast": sessions are cut off, everything is written down
        answers=answers,
    )


def postgres_url(run: Path) -> str:
    """The superuser's URL, in libpq's form, of the server whose socket lies in `run`."""
    return f"postgresql://{DATABASE}@/{DATABASE}?host={quote(str(run), safe='')}"


def _make_cluster(data: Path, binaries: Path, account: Account) -> None:
    """Make the cluster and our database beside its place; it appears there when complete."""
    new = data.with_name("postgres.new")
    shutil.rmtree(new, ignore_errors=True)
    place = account.place(account.folder(new))
    account.run(
        [
            str(binaries / "initdb"),
            *("-D", place, "--username", DATABASE),
            # Safe, because nobody but the account itself and root can reach the socket.
            "--auth=trust",
            *("--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ],
        new,
    )
    account.run(
        [str(binaries / "postgres"), "--single", "-D", place, "postgres"],
        new,
        script=f"CREATE DATABASE {DATABASE};\n",
    )
    new.rename(data)


def _forget_stranger(pid_file: Path) -> None:
    """Remove a pid file that is empty, or whose number now belongs to another program.

    PostgreSQL would take that program for a server of this folder and refuse to start. While the
    number is free it judges better than we: it also looks at the shared memory.
    """
    try:
        pid = int(pid_file.read_text().partition("\n")[0])
    except FileNotFoundError:
        return
    except ValueError:
        pid_file.unlink()
        return
    taken = Path(f"/proc/{pid}").exists()
    if taken and pid not in processes("postgres", pid_file.parent):
        pid_file.unlink()
