"""What `doctor` looks at: promises that the stored data must keep, whatever happened."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.registry import Context
from gymhopper.chassis.runtime import Runtime


class Finding(msgspec.Struct, frozen=True):
    """One check with its result in words."""

    check: str
    well: bool
    found: str


# Each query counts what must not be. Contexts add their own (`Context.invariants`).
_NEVER = {
    "Every aggregate's events have the versions 1, 2, 3 ... in the order of the log": (
        "SELECT count(*) FROM (SELECT aggregate_version AS v, row_number() OVER ("
        "PARTITION BY aggregate_id ORDER BY seq) AS n, min(aggregate_version) OVER ("
        "PARTITION BY aggregate_id) AS first FROM bus.event WHERE seq IS NOT NULL) AS e"
        " WHERE v <> first + n - 1"
    ),
    "No two events have the same place in the log": (
        "SELECT count(*) - count(DISTINCT seq) FROM bus.event WHERE seq IS NOT NULL"
    ),
    "No subscriber is beyond the end of the log": (
        "SELECT count(*) FROM bus.cursor WHERE seq > (SELECT last FROM bus.sequence)"
    ),
    "No delivery is parked": "SELECT count(*) FROM bus.parked WHERE state = 'parked'",
    "No timer has given up": "SELECT count(*) FROM chassis.timer WHERE attempts > 6",
    "No job has failed for good": (
        "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'failed'"
    ),
}


def promises(contexts: Iterable[Context]) -> dict[str, str]:
    """Each promise as a sentence, with the SQL that counts what breaks it."""
    checks = dict(_NEVER)
    for context in contexts:
        checks |= context.invariants
    return checks


async def examine(runtime: Runtime) -> list[Finding]:
    """Run the checks of the platform and of the selected contexts' data, all as of one moment."""
    async with runtime.read(SERVICE) as connection:
        return [
            await _look(connection, check, sql) for check, sql in promises(runtime.contexts).items()
        ]


async def _look(connection: AsyncConnection, check: str, sql: str) -> Finding:
    count = (await connection.execute(text(sql))).scalar_one()
    return Finding(check, count == 0, "none" if count == 0 else f"{count} violations")
