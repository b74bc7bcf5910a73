"""One gate worker as a program: `python -m bench.gate.worker <valkey url> <port>`."""

import gc
import sys

import uvicorn
from bench.gate.seed import SECRET

from gymhopper.contexts.access.gate.app import GateApp
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.kernel.clock import SystemClock


def main(valkey_url: str, port: str) -> None:
    """Serve until the process is told to stop."""
    cell = ValkeyCell(valkey_url)
    app = GateApp(cell, SystemClock(), SECRET, noop=True, start=cell.open, stop=cell.close)
    gc.freeze()
    uvicorn.run(
        app,  # type: ignore[arg-type] # uvicorn types the scope as closed dictionaries
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
