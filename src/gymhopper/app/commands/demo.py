"""Show the platform at work."""

import time
from pathlib import Path
from typing import Annotated

import typer

from gymhopper.kernel.errors import GymhopperError

FOLDER = Path("data/demo")
PORT = 8700
MEMBERS = 5000


def demo(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Play the story once, check every answer, and end.")
    ] = False,
    data: Annotated[
        Path, typer.Option(help="Folder of the network; a second start finds it there.")
    ] = FOLDER,
    port: Annotated[
        int | None, typer.Option(help=f"Port on which to answer; {PORT} or the next free one.")
    ] = None,
    members: Annotated[
        int, typer.Option(min=20, help="How many members are invented at the first start.")
    ] = MEMBERS,
) -> None:
    """Run a whole network of gyms on this machine, and people who walk through its doors."""
    import uvloop

    if check:
        uvloop.run(_check())
        return
    from rich.console import Console

    from gymhopper.app.display.screen import screen_of
    from gymhopper.app.living import demo_settings, live
    from gymhopper.sandbox.demo.network import WORLD

    with screen_of(Console()) as screen:
        uvloop.run(live(demo_settings(data, port, PORT), WORLD, members, screen))
    screen.say(f"Stopped. The network stays in {data}.")


async def _check() -> None:
    from rich.console import Console

    from gymhopper.app.demo import tell_story, temporary_platform
    from gymhopper.chassis.logging import configure_logging

    console = Console()
    configure_logging(style="console", level="ERROR")
    began = time.perf_counter()
    try:
        async with temporary_platform() as process:
            console.print(f"started in {time.perf_counter() - began:.1f} s at {process.url}")
            async for step in tell_story(process.runtime):
                console.print(f"[green]✓[/] {step.name} [dim]{step.milliseconds:.0f} ms[/]")
    except GymhopperError as error:
        console.print(f"[red]✗ {error.detail}[/]")
        raise typer.Exit(1) from error
    console.print(f"[bold green]All answers were right[/] ({time.perf_counter() - began:.1f} s)")
