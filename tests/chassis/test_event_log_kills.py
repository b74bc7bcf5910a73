"""Writers, sequencer and readers are killed without warning: nothing is lost, no order broken."""

from pathlib import Path

import psycopg
import pytest

from chassis.counting import effects, new_counters, versions
from chassis.killing import cuts, troupe, until
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime


def noted(url: str) -> int:
    with psycopg.connect(url) as connection:
        (count,) = connection.execute("SELECT count(*) FROM testing.effect").fetchone()
    return count


def written(url: str) -> int:
    with psycopg.connect(url) as connection:
        (count,) = connection.execute("SELECT count(*) FROM bus.event").fetchone()
    return count


async def play(
    new_runtime: NewRuntime,
    counting: TestDatabase,
    folder: Path,
    *,
    processes: int,
    kills: int,
    seed: int,
    count: int = 150,
) -> None:
    """Eight writers in so many processes; each kill hits relay, worker and a writer in turn."""
    runtime = await new_runtime()
    counters = await new_counters(runtime, 5)
    url = counting.owner_url
    crew = {"writers": 8 // processes, "count": count, "values": 1}
    with troupe(counting, folder, counters, "listener") as players:
        running = {role: players.start(role) for role in ("relay", "worker")}
        writers = [players.start("writer", **crew, seed=seed + n) for n in range(processes)]
        for number, amount in enumerate(cuts(seed, 8 * count, kills)):
            await until(lambda amount=amount: noted(url) >= amount)
            role = ("worker", "relay", "writer")[number % 3]
            if role == "writer":
                players.kill(writers.pop(0))
                writers.append(players.start("writer", **crew, seed=seed + 100 + number))
            else:
                players.kill(running[role])
                running[role] = players.start(role)
        await players.finish(*writers)
        await until(lambda: noted(url) == written(url))

    expected = versions(url)
    assert sum(map(len, expected.values())) == written(url) >= 8 * count
    assert effects(url, "listener") == expected


async def test_sequencer_and_reader_may_be_killed_at_any_moment(
    new_runtime: NewRuntime, counting: TestDatabase, tmp_path: Path
) -> None:
    await play(new_runtime, counting, tmp_path, processes=1, kills=2, seed=1, count=60)


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_everybody_may_be_killed_at_any_moment_again_and_again(
    new_runtime: NewRuntime, counting: TestDatabase, tmp_path: Path, seed: int
) -> None:
    await play(new_runtime, counting, tmp_path, processes=8, kills=15, seed=seed, count=500)
