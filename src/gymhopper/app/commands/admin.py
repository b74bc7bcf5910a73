"""Administrators of the whole platform."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gymhopper.app.commands.options import Data, settings

if TYPE_CHECKING:
    from gymhopper.chassis.settings import Settings

app = typer.Typer(help="Administrators of the whole platform.", no_args_is_help=True)


@app.command()
def create(
    email: Annotated[str, typer.Option(help="The address with which they sign in.")],
    name: Annotated[str | None, typer.Option(help="What they are called.")] = None,
    *,
    ask_password: Annotated[
        bool, typer.Option("--ask-password", help="Ask for the password here.")
    ] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    url: Annotated[
        str | None, typer.Option(help="Where people reach the platform, if no setting says it.")
    ] = None,
    data: Data = None,
) -> None:
    """Make an administrator's account; an account that exists becomes an administrator's.

    Prints the address of a page where its password is set: good once, for a day.
    """
    from rich.console import Console

    from gymhopper.app.opening import open_runtime
    from gymhopper.contexts.identity.administrators import create_administrator_account

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if ask_password and not password_stdin:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)

    chosen = settings(data=data)
    if url is not None:
        chosen = chosen.model_copy(update={"public_url": url})
    begins = _begins(chosen)

    async def make() -> str | None:
        async with open_runtime(chosen) as runtime:
            return await create_administrator_account(
                runtime, email=email, name=name, password=password
            )

    page = asyncio.run(make())
    said = Console(stderr=True)
    if begins:
        said.print(f"A new platform begins in {chosen.data_folder}: nothing was there before.")
    if page is None:
        said.print(f"[bold]{email}[/] is an administrator now and can sign in.")
    else:
        said.print(f"[bold]{email}[/] is an administrator now. The password is set at:")
        typer.echo(page)


@app.command()
def key(
    name: Annotated[str, typer.Option(help="Whose key it is.")] = "administrator",
    data: Data = None,
) -> None:
    """Make an administrator's API key. It is shown once."""
    from rich.console import Console

    from gymhopper.app.opening import open_runtime
    from gymhopper.contexts.identity.administrators import create_administrator

    chosen = settings(data=data)
    begins = _begins(chosen)

    async def make() -> str:
        async with open_runtime(chosen) as runtime:
            return await create_administrator(runtime, name)

    token = asyncio.run(make())
    said = Console(stderr=True)
    if begins:
        said.print(f"A new platform begins in {chosen.data_folder}: nothing was there before.")
    said.print(f"The key of [bold]{name}[/]; keep it, it is not shown again:")
    typer.echo(token)


def _begins(chosen: "Settings") -> bool:
    """Whether the command makes a platform that was not there: perhaps a mistyped folder."""
    return chosen.database_url is None and not (chosen.data_folder / "postgres").exists()
