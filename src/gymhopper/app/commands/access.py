"""Look after the cells and the journal of the doors."""

import asyncio

import typer
from rich.console import Console

from gymhopper.app.commands.run import Data, adjusted
from gymhopper.app.opening import open_runtime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.settings import Settings
from gymhopper.contexts.access import jobs, queries
from gymhopper.contexts.access.usecases.feed_cell import CellFeeder

app = typer.Typer(help="The cells and the journal of the doors.", no_args_is_help=True)


@app.command()
def rebuild(data: Data = None) -> None:
    """Fill the cell anew from the database while doors go on working."""

    async def work() -> int:
        async with open_runtime(adjusted(Settings(), data=data), migrated=False) as runtime:
            cell = jobs.open_cell(runtime)
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

    async def work() -> queries.ChainReport:
        async with (
            open_runtime(adjusted(Settings(), data=data), migrated=False) as runtime,
            runtime.read(SERVICE) as connection,
        ):
            return await queries.verify_chain(connection, "main")

    report = asyncio.run(work())
    if report.broken_at is not None:
        typer.echo(f"The journal is not what was written: entry {report.broken_at} does not fit.")
        raise typer.Exit(1)
    typer.echo(f"The journal is whole: {report.entries} entries.")
