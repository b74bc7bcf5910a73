"""Look after the cells and the journal of the doors."""

import asyncio
from typing import TYPE_CHECKING

import typer

from gymhopper.app.commands.options import Data, settings

if TYPE_CHECKING:
    from gymhopper.contexts.access.queries import ChainReport

app = typer.Typer(help="The cells and the journal of the doors.", no_args_is_help=True)


@app.command()
def rebuild(data: Data = None) -> None:
    """Fill the cell anew from the database while doors go on working."""
    from rich.console import Console

    from gymhopper.app.opening import open_runtime
    from gymhopper.contexts.access.jobs import open_cell
    from gymhopper.contexts.access.usecases.feed_cell import CellFeeder

    async def work() -> int:
        async with open_runtime(settings(data=data), migrated=False) as runtime:
            cell = open_cell(runtime)
            await cell.open()
            try:
                return await CellFeeder(runtime, cell).rebuild()
            finally:
                await cell.close()

    with Console(stderr=True).status("Filling the cell"):
        stored = asyncio.run(work())
    typer.echo(f"The cell holds {stored} records of a new epoch.")


@app.command()
def verify(data: Data = None) -> None:
    """Compute the journal's chain of hashes anew and compare."""
    from gymhopper.app.opening import open_runtime
    from gymhopper.chassis.auth import SERVICE
    from gymhopper.contexts.access.queries import verify_chain

    async def work() -> "ChainReport":
        async with (
            open_runtime(settings(data=data), migrated=False) as runtime,
            runtime.read(SERVICE) as connection,
        ):
            return await verify_chain(connection, "main")

    report = asyncio.run(work())
    if report.broken_at is not None:
        typer.echo(f"The journal is not what was written: entry {report.broken_at} does not fit.")
        raise typer.Exit(1)
    typer.echo(f"The journal is whole: {report.entries} entries.")
