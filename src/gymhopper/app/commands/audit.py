"""The audit log: is it whole, give it out, print its seals, give old months up."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

from gymhopper.app.commands.options import Data, settings

if TYPE_CHECKING:
    from gymhopper.contexts.audit.usecases.drop_months import DroppedMonth
    from gymhopper.contexts.audit.usecases.verify_seals import Report

app = typer.Typer(help="Who did what, and that nobody changed the record.", no_args_is_help=True)


def _instant(text: str) -> datetime:
    """A date or time as it was typed; UTC where it does not say."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text} is neither a date like 2026-03-01 nor a time like 2026-03-01T09:00:00Z."
        ) from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


@app.command()
def verify(
    seals: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Seals that `gymhopper audit seals` printed and that were kept apart.",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Compute every seal anew, and name the first thing that is not as it was written."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from gymhopper.app.opening import open_runtime
    from gymhopper.chassis.auth import SERVICE
    from gymhopper.contexts.audit.domain.seal import kept_hashes
    from gymhopper.contexts.audit.usecases.verify_seals import verify_seals

    kept = None if seals is None else kept_hashes(seals.read_bytes())
    columns = (TextColumn("Entries"), BarColumn(), MofNCompleteColumn())

    async def work(bar: Progress) -> "Report":
        task = bar.add_task("", total=None)
        async with (
            open_runtime(settings(data=data), migrated=False) as runtime,
            runtime.read(SERVICE) as connection,
        ):
            return await verify_seals(
                connection, lambda done, of: bar.update(task, completed=done, total=of), kept
            )

    with Progress(*columns, console=Console(stderr=True)) as bar:
        report = asyncio.run(work(bar))
    if report.dropped_until is not None:
        typer.echo(
            f"{report.dropped} entries were dropped, until seal {report.dropped_until};"
            " their seals are there."
        )
    if report.fault is not None:
        typer.echo(f"The audit log is not what was written: {_sentence(report)}.")
        raise typer.Exit(1)
    typer.echo(
        f"The audit log is whole: {report.entries} entries under {report.seals} seals,"
        f" {report.waiting} waiting for theirs."
    )


@app.command()
def export(
    since: Annotated[
        datetime | None,
        typer.Option("--from", parser=_instant, metavar="TIME", help="From this time on, UTC."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(parser=_instant, metavar="TIME", help="Before this time, UTC."),
    ] = None,
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format")] = "jsonl",
    organisation: Annotated[UUID | None, typer.Option(help="Only this one's.")] = None,
    data: Data = None,
) -> None:
    """Write entries to standard output, the oldest first, each as it was sealed."""
    import sys

    from gymhopper.app.opening import open_runtime
    from gymhopper.chassis.audit.acts import CONSOLE, Act
    from gymhopper.chassis.auth import SERVICE
    from gymhopper.contexts.audit.queries.entries import Filter
    from gymhopper.contexts.audit.usecases.export_entries import export_entries

    wanted = Filter(organisation_id=organisation, since=since, until=until)

    async def work() -> None:
        async with open_runtime(settings(data=data), migrated=False) as runtime:
            act = Act(
                action="exported",
                actor=CONSOLE,
                operation="audit export",
                organisation_id=organisation,
            )
            await runtime.note_act(SERVICE, act)
            async for piece in export_entries(runtime, SERVICE, wanted, form):
                sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()

    asyncio.run(work())


@app.command("seals")
def print_seals(
    after: Annotated[int, typer.Option(help="Only seals behind this number.")] = 0,
    data: Data = None,
) -> None:
    """Print the seals, one a line, to be kept where nobody who owns the database can reach."""
    from gymhopper.app.opening import open_runtime
    from gymhopper.chassis.auth import SERVICE
    from gymhopper.contexts.audit.queries import seals as queries

    async def work() -> None:
        number = after
        async with (
            open_runtime(settings(data=data), migrated=False) as runtime,
            runtime.read(SERVICE) as connection,
        ):
            while found := await queries.seals(connection, after=number, limit=100):
                for each in found:
                    typer.echo(each.line().decode())
                number = found[-1].number

    asyncio.run(work())


@app.command()
def drop(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Drop the entries of months older than GYMHOPPER_AUDIT_KEEP_MONTHS; their seals stay.

    The log is verified first: what is dropped can be compared no more.
    """
    from gymhopper.app.opening import open_runtime
    from gymhopper.chassis.audit.acts import CONSOLE, Act
    from gymhopper.chassis.auth import SERVICE
    from gymhopper.contexts.audit.settings import AuditSettings
    from gymhopper.contexts.audit.usecases.drop_months import drop_months, kept_since
    from gymhopper.contexts.audit.usecases.verify_seals import verify_seals
    from gymhopper.kernel.errors import Conflict, InvalidInput

    months = AuditSettings().keep_months
    if not yes:
        typer.confirm(f"Drop what is older than {months} months?", abort=True)

    async def work() -> "list[DroppedMonth]":
        async with open_runtime(settings(data=data), migrated=False) as runtime:
            owner_url = runtime.settings.owner_url
            if owner_url is None:
                raise InvalidInput("This needs GYMHOPPER_OWNER_URL.", field="owner_url")
            async with runtime.read(SERVICE) as connection:
                report = await verify_seals(connection, lambda *_: None)
            if report.fault is not None:
                raise Conflict(f"The audit log is not what was written: {_sentence(report)}.")
            now = runtime.clock.now()
            done = await drop_months(owner_url, before=kept_since(now, months), now=now)
            for each in done:
                detail = {"month": f"{each.month:%Y-%m}", "entries": each.entries}
                await runtime.note_act(
                    SERVICE,
                    Act(action="dropped", actor=CONSOLE, operation="audit drop", detail=detail),
                )
            return done

    done = asyncio.run(work())
    for each in done:
        typer.echo(f"{each.month:%Y-%m}: {each.entries} entries dropped.")
    if not done:
        typer.echo("Nothing is old enough.")


def _sentence(report: "Report") -> str:
    return {
        "entry_altered": f"entry {report.at} was altered",
        "entry_missing": f"entry {report.at} is missing",
        "entry_inserted": f"entry {report.at} was put in afterwards",
        "entry_hidden": f"entry {report.at} is not found by all that it is about",
        "seal_altered": f"seal {report.at} was altered",
        "seal_missing": f"seal {report.at} is missing",
        "seal_unlike_kept": f"seal {report.at} is not the one that was kept",
        None: "",
    }[report.fault]
