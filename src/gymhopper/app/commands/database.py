"""The database: bring it up to date, and look whether all is well."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gymhopper.app.commands.options import Data, settings

if TYPE_CHECKING:
    from gymhopper.app.wellness import Finding


def migrate(data: Data = None) -> None:
    """Bring the database's tables up to date; safe to repeat."""
    from gymhopper.app.opening import open_runtime

    async def work() -> None:
        async with open_runtime(settings(data=data), migrated=True):
            pass

    asyncio.run(work())
    typer.echo("The database is up to date.")


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; existing files are replaced.")],
    data: Data = None,
) -> None:
    """Write everything that cannot be computed again into one file, while all goes on.

    The file holds the key to the personal data: keep it like one.
    """
    from gymhopper.app.backup import backup as write

    size = asyncio.run(write(settings(data=data), file))
    typer.echo(f"{file}: {size / 1e6:.1f} MB")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `gymhopper backup` wrote.")],
    data: Data = None,
) -> None:
    """Bring a backup into an empty data folder, or an empty database."""
    from gymhopper.app.backup import restore as bring_back

    asyncio.run(bring_back(settings(data=data), file))
    typer.echo("Restored. Doors are answered as soon as `gymhopper up` has filled the cell.")


def doctor(data: Data = None) -> None:
    """Check the installation and the promises that its data must keep."""
    from rich.console import Console
    from rich.table import Table

    from gymhopper.app.opening import open_runtime
    from gymhopper.app.wellness import examine

    async def work() -> "list[Finding]":
        async with open_runtime(settings(data=data), migrated=False) as runtime:
            return await examine(runtime)

    findings = asyncio.run(work())
    table = Table("", "Check", "Found")
    for each in findings:
        table.add_row("[green]✓[/]" if each.well else "[red]✗[/]", each.check, each.found)
    Console().print(table)
    if not all(each.well for each in findings):
        raise typer.Exit(1)
