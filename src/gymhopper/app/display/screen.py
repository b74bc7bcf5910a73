"""Shows the demonstration: bars and a live board in a terminal, plain lines anywhere else."""

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from gymhopper.app.display.board import line
from gymhopper.app.display.guide import Guide
from gymhopper.sandbox.demo.doors import Seen

ROOM = 16
"""Lines that a board should have at least."""

Draw = Callable[[int], RenderableType]
"""Draws the board for that many lines."""


class Screen(Protocol):
    """Where the demonstration is shown."""

    def progress(self, what: str, done: int, total: int) -> None:
        """Tell how far the loading is."""
        ...

    def say(self, sentence: str) -> None:
        """Tell something once."""
        ...

    def guide(self, guide: Guide) -> None:
        """Tell where to look; loading is over."""
        ...

    def show(self, seen: Seen) -> None:
        """Tell a decision."""
        ...

    def refresh(self, draw: Draw) -> None:
        """Draw the board anew, if there is one."""
        ...

    def __enter__(self) -> "Screen": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        ...


def screen_of(console: Console) -> Screen:
    """The screen that suits what the console writes to."""
    return TerminalScreen(console) if console.is_terminal else PlainScreen(console)


class PlainScreen:
    """Lines in a pipe or a file: a tenth of the work at a time, then each decision."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tenths: dict[str, int] = {}

    def progress(self, what: str, done: int, total: int) -> None:
        tenth = 10 * done // max(total, 1)
        if self._tenths.get(what) != tenth:
            self._tenths[what] = tenth
            self.say(f"{what}: {done:,} of {total:,}")

    def say(self, sentence: str) -> None:
        self._print(sentence)

    def guide(self, guide: Guide) -> None:
        for each in guide.lines():
            self._print(each.plain)

    def show(self, seen: Seen) -> None:
        self._print(line(seen))

    def refresh(self, draw: Draw) -> None:
        del draw  # nothing is drawn in a pipe

    def _print(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, markup=False, highlight=False)

    def __enter__(self) -> "PlainScreen":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return


class TerminalScreen:
    """Bars while it loads, then the board below the guide."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stack = ExitStack()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._live: Live | None = None
        self._above = 0

    def progress(self, what: str, done: int, total: int) -> None:
        if self._bars is None:
            self._bars = self._stack.enter_context(_bars(self._console))
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what)
        self._bars.update(self._tasks[what], completed=done, total=total)

    def say(self, sentence: str) -> None:
        self._console.print(sentence, highlight=False)

    def guide(self, guide: Guide) -> None:
        self._stack.close()
        lines = list(guide.lines())
        self._above = len(lines)
        for each in lines:
            self._console.print(each, soft_wrap=True)
        self._live = self._stack.enter_context(
            Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        )

    def show(self, seen: Seen) -> None:
        del seen  # the board has it

    def refresh(self, draw: Draw) -> None:
        if self._live is not None:
            # The last line stays free, or the terminal scrolls at every drawing. What is above
            # stays in sight where there is room for both.
            height = self._console.height - 1
            rest = height - self._above
            self._live.update(draw(rest if rest >= ROOM else height), refresh=True)

    def __enter__(self) -> "TerminalScreen":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        Elapsed(),
        console=console,
        expand=True,
    )
