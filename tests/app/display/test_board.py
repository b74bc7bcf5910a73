"""The board reads well at every width, in a terminal and in a pipe."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from gymhopper.app.display.board import Board
from gymhopper.app.display.guide import Guide
from gymhopper.app.display.screen import PlainScreen, TerminalScreen, screen_of
from gymhopper.sandbox.demo.doors import Seen
from gymhopper.sandbox.demo.network import WORLD
from gymhopper.sandbox.demo.newcomer import Newcomer
from gymhopper.sandbox.demo.sign_ins import SignIn

AT = datetime(2026, 3, 2, 17, 5, 9, tzinfo=UTC)
VENUES = {each.name: each for each in WORLD.venues}
GUIDE = Guide(
    url="http://127.0.0.1:8700",
    administrator="gh_key",
    sign_ins=(
        SignIn("owner", "owner@hop.example", "dead-beef"),
        SignIn("member", "member@hop.example", "dead-beef"),
    ),
    newcomer=Newcomer("Robin Newcomer", "Hop All", "pass-value", "http://127.0.0.1:8700/pay"),
    venue="Mitte",
    session=Path("data/demo/reader.session"),
    log=Path("data/demo/gymhopper.log"),
)


def seen(venue: str, who: str, decision: str, sentence: str, **more: object) -> Seen:
    values = {"code": "CODE", "notices": (), "milliseconds": 1.24} | more
    return Seen(
        at=AT, venue=VENUES[venue], door="Main", who=who, decision=decision, sentence=sentence,
        **values,
    )  # fmt: skip


SEEN = (
    seen("Mitte", "Ada K.", "allow", "Welcome.", new_visit=True),
    seen("Pinheiros", "Alejandro G.", "deny", "This location needs tier 3.", milliseconds=0.9),
    seen("Ueno", "Yui S.", "allow", "A payment is open.", notices=("PAYMENT_GRACE",)),
    seen("Tribeca", "Tom W.", "none", "This could not be checked.", milliseconds=0),
)


def board() -> Board:
    made = Board(WORLD, members=5000, visits_today=1529)
    for each in SEEN:
        made.add(each)
    return made


def text_of(board: Board, width: int, height: int) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(
            board.draw(height, running=timedelta(seconds=62), hint="API docs   Ctrl-C stops")
        )
    return captured.get()


AT_80 = """\
╭──────────────────────────────── Hop Network ─────────────────────────────────╮
│    4       0.1      50.0 %     1.2     1.2    5,000       1,530      0:01:02 │
│  scans   a second   allowed  p50 ms  p99 ms  members   visits today  running │
╰────────────────────────── 20 locations in 6 cities ──────────────────────────╯
Time  City      Location   Door Person     Answer                            ms
12:05 New York  Tribeca    Main Tom W.     ! This could not be checked.     0.0
02:05 Tokyo     Ueno       Main Yui S.     ✓ A payment is open.             1.2
14:05 São Paulo Pinheiros  Main Alejandro… ✗ This location needs tier 3.    0.9
18:05 Berlin    Mitte      Main Ada K.     ✓ Welcome.                       1.2

API docs   Ctrl-C stops
"""


def plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def test_a_board_of_80_columns_shows_everything_in_one_line_a_decision() -> None:
    assert plain(text_of(board(), 80, 12)) == AT_80


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("height", [12, 24, 50])
def test_a_board_fills_the_terminal_and_no_more(width: int, height: int) -> None:
    lines = text_of(board(), width, height).splitlines()
    assert len(lines) == height - 1
    assert max(map(len, lines)) <= width


def test_a_wide_board_cuts_nothing() -> None:
    text = text_of(board(), 120, 24)
    assert "…" not in text.replace("Alejandro…", "")
    assert "This location needs tier 3." in text


def test_a_board_without_decisions_is_a_board() -> None:
    text = text_of(Board(WORLD, members=1, visits_today=0), 80, 24)
    assert "Hop Network" in text


def test_the_colour_says_what_the_mark_says() -> None:
    console = Console(width=120, file=io.StringIO(), force_terminal=True, color_system="standard")
    with console.capture() as captured:
        console.print(board().draw(24, running=timedelta(seconds=62), hint=""))
    text = captured.get()
    assert "\x1b[32m✓ Welcome." in text
    assert "\x1b[33m✓ A payment is open." in text
    assert "\x1b[31m✗ This location" in text
    assert "\x1b[35m! This could" in text


def test_a_pipe_gets_plain_lines() -> None:
    file = io.StringIO()
    screen = screen_of(Console(file=file, width=80))
    assert isinstance(screen, PlainScreen)
    with screen:
        for done in range(0, 1001, 10):
            screen.progress("Members", done, 1000)
        screen.guide(GUIDE)
        screen.show(SEEN[1])
        screen.refresh(lambda _: "never drawn")
    lines = file.getvalue().splitlines()
    assert [each for each in lines if each.startswith("Members")] == [
        f"Members: {done:,} of 1,000" for done in range(0, 1001, 100)
    ]
    assert lines[-1] == (
        "14:05:09  São Paulo, Pinheiros, Main       Alejandro G.   deny  CODE"
        "  This location needs tier 3.  0.9 ms"
    )
    assert "\x1b" not in file.getvalue()
    assert "never drawn" not in file.getvalue()


def test_the_guide_says_where_to_look_who_to_be_and_what_to_try() -> None:
    text = "\n".join(each.plain for each in GUIDE.lines())
    for needed in (
        "http://127.0.0.1:8700/api/v1/docs",
        "http://127.0.0.1:8700/api/v1/openapi.json",
        "http://127.0.0.1:8700/readyz",
        "Authorization: Bearer gh_key",
        "http://127.0.0.1:8700/pay",
        "4242 4242 4242 4242",
        "curl -s http://127.0.0.1:8700/api/v1/access/checkin",
        "pass-value",
        "gymhopper demo --check",
        "Ctrl-C",
    ):
        assert needed in text
    assert max(len(each.plain) for each in GUIDE.lines()) <= 100


def test_a_terminal_gets_bars_then_the_board() -> None:
    file = io.StringIO()
    console = Console(file=file, width=80, height=30, force_terminal=True)
    screen = screen_of(console)
    assert isinstance(screen, TerminalScreen)
    with screen:
        screen.progress("Members", 500, 1000)
        screen.progress("Members", 1000, 1000)
        screen.guide(GUIDE)
        screen.refresh(lambda height: Text(f"board of {height} lines"))
    text = file.getvalue()
    assert "1000/1000" in text
    assert text.index("1000/1000") < text.index("API docs") < text.index("board of 29 lines")
