"""The master keys: which there are, what they are used for, and how one replaces another."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gymhopper.app.commands.options import Data, settings

if TYPE_CHECKING:
    from gymhopper.chassis.key_sources import FileKeys
    from gymhopper.chassis.master_keys import MasterKeys
    from gymhopper.chassis.rotation import Survey
    from gymhopper.chassis.settings import Settings

app = typer.Typer(help="The master keys: see, replace, remove.", no_args_is_help=True)


@app.command("list")
def show(data: Data = None) -> None:
    """Each master key by its id, and how many sealed values need it."""
    from rich.console import Console
    from rich.table import Table

    keys, found = asyncio.run(_survey(settings(data=data)))
    table = Table("key", "state", "sealed with it")
    for number, each in enumerate(keys.ids):
        uses = ", ".join(f"{name} {count}" for name, count in sorted(found.get(each, {}).items()))
        state = "in use" if number == 0 else "needed" if uses else "may be removed"
        table.add_row(each.hex(), state, uses or "nothing")
    for each in found.keys() - set(keys.ids):
        uses = ", ".join(f"{name} {count}" for name, count in sorted(found[each].items()))
        table.add_row(each.hex(), "[red]not known[/]", uses)
    Console().print(table)


@app.command()
def new(data: Data = None) -> None:
    """Put a fresh master key in front of the others; then run `gymhopper keys rotate`.

    Processes that read the same file use it at once. A key of the environment is printed: first
    give it to all processes behind the one in use, then in front.
    """
    from gymhopper.chassis.key_sources import FileKeys, GivenKeys, key_source

    source = key_source(settings(data=data))
    keys = source.read().with_new()
    if isinstance(source, FileKeys):
        source.write(keys)
        typer.echo(f"The key {keys.ids[0].hex()} is in use. Next: gymhopper keys rotate")
    elif isinstance(source, GivenKeys):
        typer.echo(source.text(keys))


@app.command()
def rotate(data: Data = None) -> None:
    """Seal everything anew with the key in use; can be stopped and repeated at any time."""
    from rich.console import Console
    from rich.progress import Progress

    from gymhopper.app.opening import open_runtime
    from gymhopper.chassis import rotation

    async def work() -> int:
        unreadable = 0
        async with open_runtime(_whole(settings(data=data)), migrated=False) as runtime:
            with Progress(console=Console(stderr=True)) as progress:
                for table in rotation.sealed_tables(runtime):
                    total = await rotation.count_stale(runtime, table)
                    bar = progress.add_task(table.name, total=total)
                    done = await rotation.rotate(
                        runtime, table, progress=partial(progress.advance, bar)
                    )
                    unreadable += done.unreadable
        return unreadable

    unreadable = asyncio.run(work())
    if unreadable:
        typer.echo(f"{unreadable} rows do not open with any known key; they stayed as they are.")
        raise typer.Exit(1)
    typer.echo("Everything is sealed with the key in use.")


@app.command()
def remove(
    key: Annotated[str, typer.Argument(help="Its id, as `gymhopper keys list` shows it.")],
    data: Data = None,
) -> None:
    """Forget a master key that nothing needs any more."""
    from gymhopper.kernel.errors import Conflict, NotFound

    chosen = settings(data=data)
    keys, found = asyncio.run(_survey(chosen))
    ids = {each.hex(): each for each in keys.ids}
    if key not in ids:
        raise NotFound(f"There is no master key {key}.")
    if ids[key] == keys.ids[0] or ids[key] in found:
        raise Conflict(f"The key {key} is needed: see gymhopper keys list.", code="key_in_use")
    _file(chosen).write(keys.without(ids[key]))
    typer.echo(f"The key {key} is forgotten.")


@app.command()
def wrap(data: Data = None) -> None:
    """Have the key service wrap a file of master keys that can still be read."""
    source = _file(settings(data=data))
    source.wrap()
    typer.echo("The master keys are wrapped. Delete copies of the file as it was.")


def _whole(chosen: "Settings") -> "Settings":
    """With every context: what one of them has sealed needs its key wherever that runs."""
    from gymhopper.chassis.settings import CONTEXTS

    return chosen.model_copy(update={"contexts": CONTEXTS})


def _file(chosen: "Settings") -> "FileKeys":
    from gymhopper.chassis.key_sources import FileKeys, key_source
    from gymhopper.kernel.errors import InvalidInput

    source = key_source(chosen)
    if not isinstance(source, FileKeys):
        raise InvalidInput("The keys come from GYMHOPPER_MASTER_KEY: change them there.")
    return source


async def _survey(chosen: "Settings") -> "tuple[MasterKeys, Survey]":
    from gymhopper.app.opening import open_runtime
    from gymhopper.chassis import rotation
    from gymhopper.chassis.auth import SERVICE
    from gymhopper.chassis.key_sources import key_source

    async with (
        open_runtime(_whole(chosen), migrated=False) as runtime,
        runtime.read(SERVICE) as connection,
    ):
        found = await rotation.survey(connection, rotation.sealed_tables(runtime))
    return key_source(chosen).read(), found
