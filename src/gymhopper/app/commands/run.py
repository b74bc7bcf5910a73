"""Start the platform, whole or in parts."""

from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from gymhopper.app import gate as gate_alone
from gymhopper.app.process import ROLES, Process
from gymhopper.app.running import run_until_stopped
from gymhopper.chassis.registry import Role
from gymhopper.chassis.settings import CONTEXTS, SANDBOX, Settings

_SIMULATORS = {"sandbox": SANDBOX, "clock": "gymhopper.sandbox.clock"}

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the embedded engines' data.")]
Port = Annotated[int | None, typer.Option(help="Port on which to answer; 0 takes a free one.")]
Host = Annotated[str | None, typer.Option(help="Address on which to answer.")]


def up(data: Data = None, port: Port = None, host: Host = None) -> None:
    """Run everything in one process, on embedded engines unless URLs are given.

    PostgreSQL and Valkey are started from their packages and keep their data in the folder.
    Set GYMHOPPER_DATABASE_URL, GYMHOPPER_OWNER_URL and GYMHOPPER_VALKEY_URL to use servers that
    somebody else runs.
    """
    settings = adjusted(Settings(), data=data, port=port, host=host)
    if SANDBOX not in settings.contexts:
        settings = settings.model_copy(update={"contexts": (*settings.contexts, SANDBOX)})
    uvloop.run(run_until_stopped(settings, greet=_greet))


def serve(
    contexts: Annotated[
        str, typer.Option(help="Names separated by commas, such as access,venues; or all.")
    ] = "all",
    roles: Annotated[str, typer.Option(help="Of api, relay, worker; separated by commas.")] = (
        "api,relay,worker"
    ),
    port: Port = None,
    host: Host = None,
) -> None:
    """Run some contexts in some roles, on external servers: one of many processes.

    Migrate first with `gymhopper migrate`.
    """
    settings = adjusted(Settings(), port=port, host=host)
    if contexts != "all":
        names = [each.strip() for each in contexts.split(",")]
        settings = settings.model_copy(update={"contexts": tuple(map(_dotted, names))})
    uvloop.run(run_until_stopped(settings, roles=_roles(roles), migrated=False))


def gate(
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the port.")] = 1,
    port: Port = None,
    host: Host = None,
) -> None:
    """Answer doors and nothing else: the hot path alone, on one cell (GYMHOPPER_VALKEY_URL)."""
    settings = Settings()
    gate_alone.serve(host=host or settings.host, port=port or settings.port, workers=workers)


def adjusted(
    settings: Settings,
    *,
    data: Path | None = None,
    port: int | None = None,
    host: str | None = None,
) -> Settings:
    """The settings with what the command line says instead."""
    given = {"data_folder": data, "port": port, "host": host}
    return settings.model_copy(update={k: v for k, v in given.items() if v is not None})


def _greet(process: Process) -> None:
    """What somebody who has just started it wants to know next."""
    folder = process.runtime.settings.data_folder
    Console(stderr=True).print(
        f"\n[bold]Gymhopper answers at {process.url}[/]\n"
        f"  every call with its fields   {process.url}/api/v1/docs\n"
        f"  is it ready                  {process.url}/readyz\n"
        f"  a key for yourself           gymhopper admin create --data {folder}\n"
        "  stop                         Ctrl-C\n",
        highlight=False,
    )


def _dotted(name: str) -> str:
    known = {each.rpartition(".")[2]: each for each in CONTEXTS} | _SIMULATORS
    if name not in known:
        raise typer.BadParameter(f"{name} is none of {', '.join(known)}", param_hint="--contexts")
    return known[name]


def _roles(text: str) -> list[Role]:
    wanted = [each.strip() for each in text.split(",")]
    unknown = set(wanted) - set(ROLES)
    if unknown:
        raise typer.BadParameter(
            f"{unknown.pop()} is none of {', '.join(ROLES)}", param_hint="--roles"
        )
    return [each for each in ROLES if each in wanted]
