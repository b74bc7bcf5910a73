"""The board: what doors decided last, and the figures above it."""

from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gymhopper.kernel.calendar import local
from gymhopper.sandbox.demo.doors import Seen
from gymhopper.sandbox.demo.network import Network

REMEMBERED = 60
MEASURED = 1000
"""Latest scans of which the latencies and the rate are told."""

AROUND = 7
"""Lines of the board that are not decisions."""

FEWEST = 4

_STYLES = {"allow": "green", "deny": "red"}
_MARKS = {"allow": "✓", "deny": "✗"}


class Board:
    """Collects what was seen, and draws it for any width and height."""

    def __init__(self, network: Network, *, members: int, visits_today: int) -> None:
        self._network = network
        self._members = members
        self._latest: deque[Seen] = deque(maxlen=REMEMBERED)
        self._milliseconds: deque[float] = deque(maxlen=MEASURED)
        self._scans = self._allowed = 0
        self.visits_today = visits_today

    def add(self, seen: Seen) -> None:
        """Take a decision in, the latest of all."""
        self._latest.appendleft(seen)
        self._scans += 1
        self._allowed += seen.decision == "allow"
        self.visits_today += seen.new_visit
        if seen.decision in _MARKS:
            self._milliseconds.append(seen.milliseconds)

    def draw(self, height: int, *, running: timedelta, hint: str) -> RenderableType:
        """Figures, as many of the latest decisions as fit, and one line of advice."""
        network = self._network
        return Group(
            Panel(
                self._figures(running),
                box=box.ROUNDED,
                border_style="cyan",
                title=f"[bold]{network.operator.name}[/]",
                subtitle=f"{len(network.venues)} locations in {len(network.cities)} cities",
            ),
            self._decisions(max(FEWEST, height - AROUND)),
            Text(hint, style="dim", no_wrap=True, overflow="ellipsis"),
        )

    def _figures(self, running: timedelta) -> Table:
        table = Table.grid(expand=True, padding=(0, 1))
        figures = dict(self._counts(running))
        for _ in figures:
            table.add_column(justify="center", no_wrap=True)
        table.add_row(*(Text(each, style="bold") for each in figures.values()))
        table.add_row(*(Text(each, style="dim") for each in figures))
        return table

    def _counts(self, running: timedelta) -> Iterator[tuple[str, str]]:
        seconds = running.total_seconds()
        share = f"{100 * self._allowed / self._scans:.1f} %" if self._scans else "-"
        yield "scans", f"{self._scans:,}"
        yield "a second", f"{self._scans / seconds:.1f}" if seconds >= 1 else "-"
        yield "allowed", share
        yield "p50 ms", quantile(self._milliseconds, 0.50)
        yield "p99 ms", quantile(self._milliseconds, 0.99)
        yield "members", f"{self._members:,}"
        yield "visits today", f"{self.visits_today:,}"
        yield "running", str(running).partition(".")[0]

    def _decisions(self, rows: int) -> Table:
        table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
        for name, width in (("Time", 5), ("City", 9), ("Location", 10), ("Door", 4)):
            table.add_column(name, width=width, no_wrap=True, overflow="ellipsis")
        table.add_column("Person", width=10, no_wrap=True, overflow="ellipsis")
        table.add_column("Answer", ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column("ms", width=4, no_wrap=True, justify="right")
        for seen in islice(self._latest, rows):
            table.add_row(
                local(seen.at, seen.venue.city.zone).strftime("%H:%M"),
                seen.venue.city.name,
                seen.venue.name,
                seen.door,
                seen.who,
                answer(seen),
                _brief(seen.milliseconds),
            )
        for _ in range(rows - len(self._latest)):
            table.add_row()
        return table


def answer(seen: Seen) -> Text:
    """The answer in its colour; an admission with something to say beside it is yellow."""
    style = _STYLES.get(seen.decision, "magenta")
    if seen.decision == "allow" and seen.notices:
        style = "yellow"
    return Text(f"{_MARKS.get(seen.decision, '!')} {seen.sentence}", style=style)


def line(seen: Seen) -> str:
    """A decision as one plain line."""
    at = local(seen.at, seen.venue.city.zone).strftime("%H:%M:%S")
    place = f"{seen.venue.city.name}, {seen.venue.name}, {seen.door}"
    notices = "".join(f" +{each}" for each in seen.notices)
    return (
        f"{at}  {place:<32} {seen.who:<14} {seen.decision:<5} {seen.code}{notices}"
        f"  {seen.sentence}  {seen.milliseconds:.1f} ms"
    )


def quantile(values: deque[float], share: float) -> str:
    """The value below which that share of them lies, as text; a dash when there is none."""
    if not values:
        return "-"
    ordered = sorted(values)
    return _brief(ordered[min(len(ordered) - 1, int(share * len(ordered)))])


def _brief(milliseconds: float) -> str:
    """In four characters, up to ten seconds."""
    return f"{milliseconds:.1f}" if milliseconds < 99.95 else f"{milliseconds:.0f}"
