"""Start the platform, whole or in parts."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from gymhopper.app.commands.options import Data, Host, Port, settings

if TYPE_CHECKING:
    from gymhopper.app.process import Process
    from gymhopper.chassis.registry import Role

BEHIND = 5
"""Niceness of a process that nobody waits for, where others on the machine answer people."""


def up(data: Data = None, port: Port = None, host: Host = None) -> None:
    """Run everything in one process, on embedded engines unless URLs are given.

    PostgreSQL and Valkey are started from their packages and keep their data in the folder.
    Set GYMHOPPER_DATABASE_URL, GYMHOPPER_OWNER_URL and GYMHOPPER_VALKEY_URL to use servers that
    somebody else runs.
    """
    import uvloop

    from gymhopper.app.running import run_until_stopped
    from gymhopper.chassis.settings import SANDBOX

    chosen = settings(data=data, port=port, host=host)
    if SANDBOX not in chosen.contexts:
        chosen = chosen.model_copy(update={"contexts": (*chosen.contexts, SANDBOX)})
    uvloop.run(run_until_stopped(chosen, greet=_greet))


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
    import uvloop

    from gymhopper.app.running import run_until_stopped

    chosen = settings(port=port, host=host)
    if contexts != "all":
        names = [each.strip() for each in contexts.split(",")]
        chosen = chosen.model_copy(update={"contexts": tuple(map(_dotted, names))})
    acts = _roles(roles)
    if "api" not in acts:
        # Where they share a machine, whoever waits for an answer goes first.
        os.nice(BEHIND)
    uvloop.run(run_until_stopped(chosen, roles=acts, migrated=False))


def gate(
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the port.")] = 1,
    port: Port = None,
    host: Host = None,
) -> None:
    """Answer doors and nothing else: the hot path alone, on one cell (GYMHOPPER_VALKEY_URL)."""
    from gymhopper.app.gate import serve as serve_gate

    chosen = settings(port=port, host=host)
    serve_gate(host=chosen.host, port=chosen.port, workers=workers)


def _greet(process: "Process") -> None:
    """What somebody who has just started it wants to know next."""
    from rich.console import Console

    folder = process.runtime.settings.data_folder
    # What the command line said here, another command must be told again.
    elsewhere = settings(data=folder)
    told = elsewhere.public_url or f"http://{elsewhere.host}:{elsewhere.port}"
    url = process.runtime.public_url
    account = f"--data {folder}" + ("" if told == url else f" --url {url}")
    Console(stderr=True).print(
        f"\n[bold]Gymhopper answers at {process.url}[/]\n"
        f"  every call with its fields   {process.url}/api/v1/docs\n"
        f"  is it ready                  {process.url}/readyz\n"
        f"  an account for yourself      gymhopper admin create --email you@... {account}\n"
        f"  a key for a program          gymhopper admin key --data {folder}\n"
        "  stop                         Ctrl-C\n",
        highlight=False,
        soft_wrap=True,
    )


def _dotted(name: str) -> str:
    from gymhopper.chassis.settings import CONTEXTS, SANDBOX

    known = {each.rpartition(".")[2]: each for each in CONTEXTS}
    known |= {"sandbox": SANDBOX, "clock": "gymhopper.sandbox.clock"}
    if name not in known:
        raise typer.BadParameter(f"{name} is none of {', '.join(known)}", param_hint="--contexts")
    return known[name]


def _roles(text: str) -> "list[Role]":
    from gymhopper.app.process import ROLES

    wanted = [each.strip() for each in text.split(",")]
    unknown = set(wanted) - set(ROLES)
    if unknown:
        raise typer.BadParameter(
            f"{unknown.pop()} is none of {', '.join(ROLES)}", param_hint="--roles"
        )
    return [each for each in ROLES if each in wanted]
