"""The payment provider's webhooks, and what it holds beside what we know of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from uuid import UUID

import typer

from gymhopper.app.commands.options import Data, Port, settings

if TYPE_CHECKING:
    from rich.table import Table

    from gymhopper.chassis.runtime import Runtime
    from gymhopper.contexts.billing.domain.reconciliation import Reconciliation, Report
    from gymhopper.contexts.billing.queries.webhooks import StoredEvent

T = TypeVar("T")

app = typer.Typer(help="Webhooks of the payment provider, and its books.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
State = Literal["received", "handled", "ignored", "dead"]

DIFFERS = 3
"""The exit status when something is left that a person has to look at."""


def _instant(text: str) -> datetime:
    """A date or time as it was typed; UTC where it does not say."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is neither a date nor a time.") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


@app.command()
def events(
    *,
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List webhooks, the newest first: what came, and what became of it."""
    from gymhopper.chassis.auth import SERVICE
    from gymhopper.contexts.billing.queries.webhooks import list_events

    async def work(runtime: "Runtime") -> "list[StoredEvent]":
        async with runtime.read(SERVICE) as connection:
            return await list_events(connection, state=state, limit=limit)

    found = _on(data, None, work)
    if as_json:
        _print_json([_plain(each) for each in found])
        return
    from rich.table import Table

    table = Table("Id", "Event", "Type", "State", "Tries", "Received", "Next try", "Note")
    for each in found:
        table.add_row(
            str(each.id),
            each.event_id,
            each.type,
            each.state,
            str(each.attempts),
            each.received_at.isoformat(timespec="seconds"),
            each.due_at.isoformat(timespec="seconds") if each.state == "received" else "",
            each.note.strip().splitlines()[-1] if each.note else "",
        )
    _print(table)


@app.command()
def replay(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID...", help="Webhooks, by their id or the provider's (evt_...)."),
    ] = None,
    *,
    dead: Annotated[bool, typer.Option("--dead", help="All that were given up.")] = False,
    data: Data = None,
) -> None:
    """Have webhooks applied once more, in the background; harmless for those that were."""
    if bool(names) == dead:
        raise typer.BadParameter("Name webhooks, or say --dead.")

    async def work(runtime: "Runtime") -> int:
        wanted = await _dead(runtime) if dead else await _named(runtime, names or [])
        await _replay(runtime, wanted)
        return len(wanted)

    count = _on(data, None, work)
    if count == 0:
        typer.echo("No webhook was given up.")
        return
    typer.echo(f"{count} webhook{'s' if count > 1 else ''} will be applied again in a moment.")


@app.command()
def reconcile(
    *,
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=_instant, metavar="TIME", help="Only what was created from this time on, UTC."
        ),
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
    port: Port = None,
) -> None:
    """Compare every subscription and open claim with the provider, and take over what differs.

    One that was interrupted goes on from where it was. The exit status is 3 when something is left
    that a person has to look at. The port is that of the platform whose sandbox is the provider.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from gymhopper.contexts.billing.gateways.providers import payment_provider
    from gymhopper.contexts.billing.usecases import reconcile as usecase

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=as_json) as bar:
        task = bar.add_task("", total=None)

        def progress(run: "Reconciliation", expected: int) -> None:
            what = run.stage.replace("_", " ")
            bar.update(task, description=what, completed=run.compared, total=expected)

        async def work(runtime: "Runtime") -> "Report":
            provider = payment_provider(runtime)
            try:
                return await usecase.reconcile(runtime, provider, since=since, progress=progress)
            finally:
                await provider.close()

        report = _on(data, port, work)
    if as_json:
        run = _plain(report.reconciliation)
        _print_json(run | {"findings": [_plain(each) for each in report.findings]})
    else:
        _show(report)
    if not report.agrees:
        raise typer.Exit(DIFFERS)


def _show(report: "Report") -> None:
    from rich.table import Table

    if report.findings:
        table = Table("What", "Provider's id", "Our id", "Finding", "Detail")
        for each in report.findings:
            finding = each.verdict.replace("_", " ")
            table.add_row(
                each.kind, each.provider_id, str(each.our_id or ""), finding, each.detail or ""
            )
        _print(table)
    typer.echo(
        f"{report.reconciliation.compared} compared: {report.count('repaired')} repaired,"
        f" {report.count('ours_alone')} ours alone,"
        f" {report.count('provider_alone')} the provider's alone,"
        f" {report.count('failed')} failed."
    )


async def _dead(runtime: "Runtime") -> list[UUID]:
    from gymhopper.chassis.auth import SERVICE
    from gymhopper.contexts.billing.queries.webhooks import list_events

    async with runtime.read(SERVICE) as connection:
        return [each.id for each in await list_events(connection, state="dead", limit=10_000)]


async def _named(runtime: "Runtime", names: list[str]) -> list[UUID]:
    from gymhopper.chassis.auth import SERVICE
    from gymhopper.contexts.billing.queries.webhooks import find_events
    from gymhopper.kernel.errors import NotFound

    async with runtime.read(SERVICE) as connection:
        found = await find_events(connection, names)
    for name in names:
        if name not in found:
            raise NotFound(f"There is no webhook {name}.")
    return list(dict.fromkeys(found[name] for name in names))


async def _replay(runtime: "Runtime", wanted: list[UUID]) -> None:
    """The oldest first, in one transaction: all of them, or none."""
    from gymhopper.chassis.auth import SERVICE
    from gymhopper.contexts.billing.usecases.replay_event import replay_event

    async with runtime.begin(SERVICE) as uow:
        for event_id in sorted(wanted):
            await replay_event(uow, event_id)


def _on(data: Data, port: int | None, work: "Callable[[Runtime], Awaitable[T]]") -> T:
    from gymhopper.app.opening import open_runtime

    async def run() -> T:
        async with open_runtime(settings(data=data, port=port), migrated=False) as runtime:
            return await work(runtime)

    return asyncio.run(run())


def _plain(value: object) -> dict[str, Any]:
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value))


def _print(table: "Table") -> None:
    """As wide as the terminal; whole when it goes into a file or another program."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 400
    console.print(table)
