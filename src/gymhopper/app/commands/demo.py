"""Show the platform at work."""

import time
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from gymhopper.app import demo as demonstration
from gymhopper.chassis.logging import configure_logging
from gymhopper.kernel.errors import GymhopperError


def demo(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Play the story once, check every answer, and end.")
    ] = False,
) -> None:
    """Run a whole network of gyms on this machine, and people who walk through its doors."""
    if check:
        uvloop.run(_check())
    raise typer.Exit


async def _check() -> None:
    console = Console()
    configure_logging(style="console", level="ERROR")
    began = time.perf_counter()
    try:
        async with demonstration.temporary_platform() as process:
            console.print(f"started in {time.perf_counter() - began:.1f} s at {process.url}")
            async for step in demonstration.tell_story(process.runtime):
                console.print(f"[green]✓[/] {step.name} [dim]{step.milliseconds:.0f} ms[/]")
    except GymhopperError as error:
        console.print(f"[red]✗ {error.detail}[/]")
        raise typer.Exit(1) from error
    console.print(f"[bold green]All answers were right[/] ({time.perf_counter() - began:.1f} s)")
