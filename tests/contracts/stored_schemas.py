"""The schemas of published events, as files; run it to store those that are new or wider.

    PYTHONPATH=tests python -m contracts.stored_schemas

A change that old readers or old events cannot live with is refused: it is a new event type, with
the next version in its name and a class of its own beside the old one.
"""

import json
import sys
from pathlib import Path

from contracts.compatibility import Schema, breaks, schema_of
from gymhopper.chassis.events.envelope import event_types
from gymhopper.contracts.event import Event

FOLDER = Path(__file__).with_name("schemas")
COMMAND = "PYTHONPATH=tests python -m contracts.stored_schemas"


def published() -> dict[str, type[Event]]:
    """Every event class of the contracts by its type name."""
    return {
        name: each
        for name, each in event_types().items()
        if each.__module__.startswith("gymhopper.contracts.")
    }


def stored() -> dict[str, Schema]:
    """Every schema that is on file by its event's type name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def write() -> list[str]:
    """Store what is new or has only grown; returns what was refused, with the reasons."""
    FOLDER.mkdir(exist_ok=True)
    known, refused = stored(), []
    for name, event in published().items():
        found = breaks(known[name], event) if name in known else []
        refused += [f"{name}: {each}" for each in found]
        if not found:
            text = json.dumps(schema_of(event), indent=2, sort_keys=True)
            (FOLDER / f"{name}.json").write_text(text + "\n")
    return refused


if __name__ == "__main__":
    problems = write()
    sys.stderr.writelines(f"{each}\n" for each in problems)
    sys.exit(1 if problems else 0)
