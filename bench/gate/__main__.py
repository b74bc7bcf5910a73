"""`python -m bench.gate [seconds]`: measure on embedded engines and print one JSON object."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from bench.gate.measure import Plan, measure

from gymhopper.chassis.engines import EmbeddedEngines


def main(seconds: int = 5) -> None:
    """Start engines in a temporary folder, measure, print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        owner = EmbeddedEngines(folder / "engines")
        with owner as engines:
            figures = asyncio.run(
                measure(
                    engines.postgres_url,
                    engines.valkey_url,
                    owner.pids["valkey"],
                    folder,
                    Plan(seconds=seconds),
                )
            )
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
