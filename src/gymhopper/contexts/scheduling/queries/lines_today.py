"""How often people have stood in line today."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from gymhopper.chassis.database import Asks
from gymhopper.kernel.calendar import local_date, start_of_day

_TODAY = text(
    "SELECT person_id, count(*) AS lines FROM scheduling.booking"
    " WHERE person_id = ANY(CAST(:people AS uuid[])) AND host_organisation_id = :organisation"
    " AND waited AND booked_at >= :since AND booked_at < :until GROUP BY person_id"
)


async def lines_today(
    connection: Asks,
    organisation_id: UUID,
    people: Sequence[UUID],
    now: datetime,
    zone: str,
) -> dict[UUID, int]:
    """How many places in line each of these people has taken at the gym on the day that it is in
    the zone, whatever became of them."""
    day = local_date(now, zone)
    asked = {
        "people": people,
        "organisation": organisation_id,
        "since": start_of_day(day, zone),
        "until": start_of_day(day + timedelta(days=1), zone),
    }
    return {row.person_id: row.lines for row in await connection.execute(_TODAY, asked)}
