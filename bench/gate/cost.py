"""Processor time of the processes that share the machine with the load."""

import os
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Adds up the processor time that named processes, with their children, use while `on`.

    `wrk` is what ended children of this process used: the load generator.
    """

    pids: dict[str, int]
    spent: dict[str, float] = field(default_factory=dict)
    _before: dict[str, float] = field(default_factory=dict)

    def __enter__(self) -> "Cost":
        self._before = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        for name, seconds in self._now().items():
            self.spent[name] = self.spent.get(name, 0.0) + seconds - self._before[name]

    def microseconds(self, requests: float) -> dict[str, float]:
        """For each of so many requests."""
        return {name: round(each * 1e6 / requests, 1) for name, each in self.spent.items()}

    def _now(self) -> dict[str, float]:
        ended = os.times()
        found = dict.fromkeys(self.pids, 0.0)
        found["wrk"] = ended.children_user + ended.children_system
        for pid, parent, seconds in _processes():
            for name, wanted in self.pids.items():
                if wanted in (pid, parent):
                    found[name] += seconds
        return found


def _processes() -> list[tuple[int, int, float]]:
    """Id, parent's id and processor seconds of every process (proc(5))."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended
                continue
            found.append(
                (int(folder.name), int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS)
            )
    return found
