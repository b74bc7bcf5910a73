"""How Valkey is started and asked."""

import signal
import socket
from pathlib import Path
from urllib.parse import quote

from gymhopper.chassis.engines.account import Account
from gymhopper.chassis.engines.server import Server

SOCKET = "valkey.sock"
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "dir": "./",
    "save": "",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "logfile": "",
}


def valkey(folder: Path, run: Path, account: Account, program: Path) -> Server:
    """The server of the append-only file in `folder`/valkey."""
    path = run / SOCKET
    settings = SETTINGS | {"unixsocket": str(path)}

    def answers() -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(5)
                link.connect(str(path))
                link.sendall(b"PING\r\n")
                return link.recv(64).startswith(b"+PONG")  # "-LOADING" while it reads its file
        except OSError:
            return False

    return Server(
        name="valkey",
        command=[
            str(program),
            *(part for name, value in settings.items() for part in (f"--{name}", value)),
        ],
        folder=account.folder(folder / "valkey"),
        log=folder / "valkey.log",
        account=account,
        polite=signal.SIGTERM,
        answers=answers,
    )


def valkey_url(run: Path) -> str:
    """The URL of the server whose socket lies in `run`."""
    return f"unix://{quote(str(run / SOCKET))}"
