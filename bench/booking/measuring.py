"""Sends a plan's requests from a process of their own, and says what its clients saw."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import msgspec
from bench.booking.order import Served, fifo_violations, stands
from bench.booking.rush import Outcome, Plan, Run
from bench.gate.processes import ROOT

Figures = dict[str, Any]


@dataclass
class Seen:
    """One run, taken apart. `told_why` counts refusals by their codes, `errors` all that is neither
    a booking nor such a refusal. `positions` are those in line, by bookings."""

    run: Run
    booked: int = 0
    waitlisted: int = 0
    cancelled: int = 0
    asked_again: int = 0
    told_why: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    positions: dict[str, int] = field(default_factory=dict)
    violations: int = 0
    waits: list[float] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """How many requests got an answer that was meant."""
        return len(self.waits)


async def rush(plan: Plan) -> Seen:
    """Run the plan."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.booking.rush"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate(msgspec.json.encode(plan))
    return taken_apart(plan, msgspec.json.decode(printed, type=Run))


def taken_apart(plan: Plan, run: Run) -> Seen:
    """What the outcomes of a run come to; violations are counted for each class apart.

    Where somebody cancels, the line moves up and positions of different moments say nothing: there
    the numbers are compared by which it is ordered.
    """
    seen = Seen(run)
    moves = any(each.cancels is not None for each in plan.asks)
    served: dict[str, list[Served]] = {}
    for each in run.outcomes:
        seen.asked_again += each.asked - 1
        place = _count(seen, each, moves=moves)
        if place is None:
            continue
        seen.waits.append((each.answered_at - each.asked_at) * 1000)
        if each.kind == "book":
            one = Served(each.asked_at, each.answered_at, place)
            served.setdefault(plan.asks[each.ask].path, []).append(one)
    seen.violations = sum(map(fifo_violations, served.values()))
    return seen


def _count(seen: Seen, outcome: Outcome, *, moves: bool) -> float | None:
    """Where the one who asked stands now; None when that was never told."""
    said = _read(outcome)
    if outcome.status in (200, 201):
        if outcome.kind == "cancel":
            seen.cancelled += 1
            return inf
        status = str(said.get("status"))
        if status in ("booked", "waiting"):
            seen.booked += status == "booked"
            seen.waitlisted += status == "waiting"
            if status == "waiting":
                seen.positions[said["id"]] = said["position"]
            return said["number"] if moves else stands(status, said["position"])
    elif outcome.status in (403, 409, 422) and "code" in said:
        seen.told_why[str(said.get("reason", said["code"]))] += 1
        return inf
    what = f"{outcome.status} {said.get('code', outcome.body[:100])}"
    seen.errors[outcome.trouble or what] += 1
    return None


def _read(outcome: Outcome) -> Figures:
    try:
        said = msgspec.json.decode(outcome.body) if outcome.body else {}
    except msgspec.DecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def speed(runs: Sequence[Seen]) -> Figures:
    """Answered requests a second, and how long they took from the first try to the answer."""
    waits = sorted(wait for each in runs for wait in each.waits)
    seconds = sum(each.run.seconds for each in runs)
    return {
        "rps": round(len(waits) / seconds, 1) if seconds else 0.0,
        "p50_ms": percentile(waits, 0.5),
        "p99_ms": percentile(waits, 0.99),
    }


def percentile(waits: Iterable[float], part: float) -> float | None:
    """The smallest wait that so large a part of all does not exceed; None of none."""
    ordered = sorted(waits)
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 1)
