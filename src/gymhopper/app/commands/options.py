"""Options that several commands have. This module and its neighbours load quickly: what a command
needs beyond its own options it loads when it runs, so that `--help` waits for no database driver
and a start for no other command's parts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gymhopper.chassis.settings import Settings

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the embedded engines' data.")]
Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port on which to answer; 0 takes a free one.")
]
Host = Annotated[str | None, typer.Option(help="Address on which to answer.")]


def settings(
    *, data: Path | None = None, port: int | None = None, host: str | None = None
) -> "Settings":
    """The settings of the environment with what the command line says instead."""
    from gymhopper.chassis.settings import Settings

    given = {"data_folder": data, "port": port, "host": host}
    return Settings().model_copy(update={k: v for k, v in given.items() if v is not None})
