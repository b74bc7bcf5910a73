"""Measure. The benchmarks are part of the source tree, not of the installed package."""

import importlib
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gymhopper.kernel.errors import NotFound

app = typer.Typer(help="Measure on this machine.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Seconds = Annotated[int, typer.Option(help="Length of each run.")]


@app.command()
def gate(*, as_json: AsJson = False, seconds: Seconds = 5) -> None:
    """The door's hot path beside its server's no-op and a plain check-in (about 3 minutes)."""
    _show(_run("bench.gate.report", seconds), as_json=as_json)


@app.command()
def events(*, as_json: AsJson = False, seconds: Seconds = 5) -> None:
    """The event log with one subscriber, local and over Kafka."""
    _show(_run("bench.events.report", seconds), as_json=as_json)


@app.command()
def start(*, as_json: AsJson = False, seconds: Seconds = 5) -> None:
    """How soon `gymhopper up` is ready, the first time and after (one start for each second)."""
    _show(_run("bench.start.report", seconds), as_json=as_json)


@app.command(name="sign-in")
def sign_in(*, as_json: AsJson = False, seconds: Seconds = 5) -> None:
    """What a cheap request waits while 50 people sign in again and again, and without them."""
    _show(_run("bench.sign_in.report", seconds), as_json=as_json)


@app.command()
def search(*, as_json: AsJson = False, seconds: Seconds = 5) -> None:
    """How long a desk waits for people by part of a name, among 200,000 (about 2 minutes)."""
    _show(_run("bench.search.report", seconds), as_json=as_json)


@app.command()
def timetable(*, as_json: AsJson = False, seconds: Seconds = 5) -> None:
    """How the timetable answers with a year of 200 locations (about 2 minutes)."""
    _show(_run("bench.timetable.report", seconds), as_json=as_json)


@app.command()
def payments(*, as_json: AsJson = False, seconds: Seconds = 5) -> None:
    """Webhooks taken and applied beside handling them inside the request (about 4 minutes)."""
    _show(_run("bench.payments.report", seconds), as_json=as_json)


@app.command()
def ledger(*, as_json: AsJson = False, seconds: Seconds = 5) -> None:
    """How the books answer when they hold a million postings (about a minute)."""
    _show(_run("bench.ledger.report", seconds), as_json=as_json)


@app.command()
def booking(
    *,
    as_json: AsJson = False,
    seconds: Seconds = 10,
    members: Annotated[int, typer.Option(min=2, help="Who all want a place.")] = 2000,
    connections: Annotated[int, typer.Option(min=1, help="Kept, over all processes.")] = 200,
    places: Annotated[int, typer.Option(min=1, help="Of each class.")] = 30,
    processes: Annotated[int, typer.Option(min=1, help="That answer requests.")] = 2,
) -> None:
    """Everybody books one class at once, beside the usual way to write it (about 3 minutes)."""
    size = {"members": members, "connections": connections, "places": places}
    figures = _run("bench.booking.report", seconds, **size, processes=processes)
    _show(figures, as_json=as_json)


def _run(module: str, seconds: int, **more: int) -> dict[str, Any]:
    """Call `report(seconds, ...)` of a benchmark in the source tree."""
    import uvloop
    from rich.console import Console

    from gymhopper.chassis.logging import configure_logging

    configure_logging(style="console", level="ERROR")
    tree = Path(__file__).parents[4]
    if not (tree / "bench").is_dir():
        raise NotFound("The benchmarks are in the source tree: run this from a checkout.")
    sys.path.insert(0, str(tree))
    with Console(stderr=True).status("Measuring"):
        figures: dict[str, Any] = uvloop.run(
            importlib.import_module(module).report(seconds, **more)
        )
    return figures


def _show(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(figures))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("figure", "value")
    for name, value in figures.items():
        several = isinstance(value, dict)
        shown = "  ".join(f"{k} {v}" for k, v in value.items()) if several else str(value)
        table.add_row(name, shown)
    Console().print(table)
