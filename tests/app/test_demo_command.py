"""`gymhopper demo` as somebody starts it: it loads, shows decisions, and stops on Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import httpx
import pytest

COMMAND = Path(sys.executable).with_name("gymhopper")
SECONDS = 90.0


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], "Queue[str]"]]:
    """The running command, and its lines as they come."""
    process = subprocess.Popen(
        [COMMAND, "demo", "--data", folder, "--members", "30", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    lines: Queue[str] = Queue()
    assert process.stdout is not None
    reader = Thread(target=lambda: [lines.put(each) for each in process.stdout or ()], daemon=True)
    reader.start()
    try:
        yield process, lines
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        reader.join(10)
        process.stdout.close()


def lines_until(lines: "Queue[str]", wanted: str) -> list[str]:
    """Every line up to the first that has it; fails when it does not come in time."""
    deadline, seen = time.monotonic() + SECONDS, []
    while time.monotonic() < deadline:
        try:
            seen.append(lines.get(timeout=1))
        except Empty:
            continue
        if wanted in seen[-1]:
            return seen
    raise AssertionError(f"no {wanted!r} in {''.join(seen)}")


@pytest.mark.timeout(300)
def test_it_shows_decisions_until_ctrl_c_and_finds_its_network_again(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demo(folder) as (process, lines):
        first = lines_until(lines, " allow ")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert any(each.startswith("Members: 30 of 30") for each in first)
    with demo(folder) as (process, lines):
        second = lines_until(lines, " allow ")
        docs = next(each.split()[-1] for each in second if each.startswith("API docs"))
        assert httpx.get(docs).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert not any(each.startswith("Visits of the past") for each in second)


@pytest.mark.timeout(300)
def test_it_stops_while_it_loads_and_goes_on_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demo(folder) as (process, lines):
        lines_until(lines, "Members: 30 of 30")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    with demo(folder) as (process, lines):
        lines_until(lines, " allow ")


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with demo(tmp_path / "demo", "--port", port) as (process, lines):
            said = lines_until(lines, "taken")
            assert process.wait(30) == 1
    assert len(said) == 1
