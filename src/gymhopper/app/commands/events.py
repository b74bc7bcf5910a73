"""The event log: what failed, what to do about it, and how far everybody has come."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer

from gymhopper.app.commands.options import Data, settings

if TYPE_CHECKING:
    from rich.table import Table

    from gymhopper.chassis.runtime import Runtime
    from gymhopper.chassis.transports.operations import Progress

T = TypeVar("T")

app = typer.Typer(help="Deliveries of events between contexts.", no_args_is_help=True)

Subscriber = Annotated[str, typer.Argument(help="The context that listens.")]
EventId = Annotated[UUID, typer.Argument(help="The event's id.")]


@app.command()
def parked(
    subscriber: Annotated[str | None, typer.Option(help="Only this context's.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
    data: Data = None,
) -> None:
    """List deliveries that failed, and those that wait behind them."""
    from rich.table import Table

    from gymhopper.chassis.transports.operations import set_aside

    found = _on(data, lambda runtime: set_aside(runtime, subscriber=subscriber, limit=limit))
    table = Table("Seq", "Event", "Type", "Subscriber", "State", "Tries", "Next try", "Error")
    for each in found:
        table.add_row(
            str(each.seq),
            str(each.event_id),
            each.type,
            each.subscriber,
            each.state,
            str(each.attempts),
            each.next_try_at.isoformat(timespec="seconds") if each.next_try_at else "",
            _last_line(each.error),
        )
    _print(table)


@app.command()
def retry(subscriber: Subscriber, event_id: EventId, data: Data = None) -> None:
    """Try a failed delivery again now, once."""
    from gymhopper.chassis.transports import operations

    found = _on(
        data,
        lambda runtime: operations.retry(runtime, subscriber=subscriber, event_id=event_id),
    )
    typer.echo(f"{found.type} will be tried again by {subscriber} in a moment.")


@app.command()
def skip(subscriber: Subscriber, event_id: EventId, data: Data = None) -> None:
    """Pass over a failed delivery for good; those that wait behind it go on."""
    from gymhopper.chassis.transports import operations

    found = _on(
        data,
        lambda runtime: operations.skip(runtime, subscriber=subscriber, event_id=event_id),
    )
    typer.echo(f"{found.type} is passed over by {subscriber}.")


@app.command()
def replay(
    subscriber: Subscriber,
    after: Annotated[int, typer.Option(help="Only events behind this place of the log.")] = 0,
    data: Data = None,
) -> None:
    """Have a context hear the log again, from the start or from a place on."""
    from gymhopper.chassis.transports import operations

    found = _on(
        data, lambda runtime: operations.replay(runtime, subscriber=subscriber, after=after)
    )
    typer.echo(f"{subscriber} hears the events {found.after + 1} to {found.last} again.")


@app.command()
def lag(data: Data = None) -> None:
    """Show how far every reader of the log has come."""
    from rich.table import Table

    rows, over_kafka = _on(data, _lag)
    table = Table("Reader", "At", "Of", "Behind", "Retrying", "Parked", "Waiting", "Kafka lag")
    for each in rows:
        numbers = (
            each.seq,
            each.last,
            each.behind,
            each.retrying,
            each.parked,
            each.waiting,
            over_kafka.get(each.reader, ""),
        )
        table.add_row(each.reader, *(str(number) for number in numbers))
    _print(table)


async def _lag(runtime: "Runtime") -> "tuple[list[Progress], dict[str, int]]":
    """Progress in the log, and in Kafka for those that have gone over to it."""
    from gymhopper.chassis.transports import operations
    from gymhopper.chassis.transports.kafka import group_lag

    rows = await operations.progress(runtime)
    over_kafka = {}
    if runtime.settings.kafka_servers is not None:
        for each in rows:
            kind, _, subscriber = each.reader.partition(":")
            if kind == "kafka":
                over_kafka[each.reader] = await group_lag(runtime.settings, subscriber)
    return rows, over_kafka


def _on(data: Data, work: "Callable[[Runtime], Awaitable[T]]") -> T:
    from gymhopper.app.opening import open_runtime

    async def run() -> T:
        async with open_runtime(settings(data=data), migrated=False) as runtime:
            return await work(runtime)

    return asyncio.run(run())


def _print(table: "Table") -> None:
    """As wide as the terminal; whole when it goes into a file or another program."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 400
    console.print(table)


def _last_line(error: str | None) -> str:
    return error.strip().splitlines()[-1] if error else ""
