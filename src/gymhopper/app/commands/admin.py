"""Administrators of the whole platform."""

import asyncio
from typing import Annotated

import typer

from gymhopper.app.commands.options import Data, settings

app = typer.Typer(help="Administrators of the whole platform.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Whose key it is.")] = "administrator",
    data: Data = None,
) -> None:
    """Make an administrator's API key. It is shown once."""
    from rich.console import Console

    from gymhopper.app.opening import open_runtime
    from gymhopper.contexts.identity.administrators import create_administrator

    async def make() -> str:
        async with open_runtime(settings(data=data)) as runtime:
            return await create_administrator(runtime, name)

    token = asyncio.run(make())
    Console(stderr=True).print(f"The key of [bold]{name}[/]; keep it, it is not shown again:")
    typer.echo(token)
