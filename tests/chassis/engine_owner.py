"""A process that owns a data folder: starts the engines, says where, and waits to be told to stop.

python engine_owner.py FOLDER [COPIES] prints one JSON object; closing its input stops it.
"""

import dataclasses
import json
import sys
from pathlib import Path

from gymhopper.chassis.engines import EmbeddedEngines


def main(folder: str, copies: str = "/nonexistent") -> None:
    engines = EmbeddedEngines(Path(folder), copies=Path(copies))
    with engines as urls:
        sys.stdout.write(json.dumps(dataclasses.asdict(urls) | {"pids": engines.pids}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


main(*sys.argv[1:])
