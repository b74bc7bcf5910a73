"""The command `gymhopper`."""

import sys

import typer

from gymhopper import __version__
from gymhopper.app.commands import (
    access,
    admin,
    audit,
    bench,
    database,
    demo,
    events,
    importing,
    keys,
    openapi,
    payments,
    run,
)
from gymhopper.kernel.errors import GymhopperError

app = typer.Typer(
    help="Memberships, billing and doors for a gym, a chain or a network of gyms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(demo.demo)
app.command()(run.up)
app.command()(run.serve)
app.command()(run.gate)
app.command()(openapi.openapi)
app.command()(database.migrate)
app.command()(database.doctor)
app.command()(database.backup)
app.command()(database.restore)
app.add_typer(admin.app, name="admin")
app.add_typer(importing.app, name="import")
app.add_typer(access.app, name="access")
app.add_typer(events.app, name="events")
app.add_typer(payments.app, name="payments")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(bench.app, name="bench")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run a command; an expected failure is one sentence and exit status 1, not a traceback."""
    try:
        app()
    except GymhopperError as error:
        from rich.console import Console

        Console(stderr=True).print(f"[red]{error.detail}[/]")
        sys.exit(1)
