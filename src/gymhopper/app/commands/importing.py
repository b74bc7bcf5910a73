"""Take over the data of other systems."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gymhopper.app.commands.options import Data, settings

if TYPE_CHECKING:
    from rich.console import Console

    from gymhopper.app.importers.report import ImportReport

app = typer.Typer(help="Take over the data of other systems.", no_args_is_help=True)


@app.command()
def network(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Holds gym_locations_data.csv, subscription_plans.csv and users_data.csv."
        ),
    ],
    report: Annotated[
        Path | None,
        typer.Option(help="A .csv or .json file for every row that was mended or refused."),
    ] = None,
    data: Data = None,
) -> None:
    """Take over gyms, plans and people with running memberships; safe to repeat."""
    from rich.console import Console

    from gymhopper.app.importers.report import check_report_file

    if report is not None:
        check_report_file(report)
    console = Console()
    done = asyncio.run(_import(folder, data, console))
    console.print(done.counts(), done.reasons())
    if report is not None:
        done.write(report)
        console.print(f"Every remark is in {report}.", markup=False)


async def _import(folder: Path, data: Path | None, console: "Console") -> "ImportReport":
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    from gymhopper.app.importers.network import import_network
    from gymhopper.app.opening import open_runtime

    columns = (TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as bars:
        tasks = {}

        def progress(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=of)

        async with open_runtime(settings(data=data)) as runtime:
            return await import_network(runtime, folder, progress)
