"""How long members wait for the timetable: `gymhopper bench timetable`.

200 locations of 20 organisations in ten cities have 2,500 classes each, a year of them. A member
asks, policies and all, for a location's week, for a week around a point, and for a day around it.
"""

import asyncio
import random
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from bench.database import fresh_database

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.queries.timetable import Near, TimetableFilter, timetable
from gymhopper.kernel.ids import new_id

Figures = dict[str, object]

SCHEDULING = "gymhopper.contexts.scheduling"
LOCATIONS, ORGANISATIONS, CLASSES, CITIES = 200, 20, 2500, 10
PAGE = 51
BEGIN = datetime(2026, 1, 5, 5, tzinfo=UTC)

_PLACES = (
    "INSERT INTO scheduling.place SELECT l, o, 1, 'Europe/Vienna', 'City ' || n %% %(cities)s,"
    " 40 + n %% %(cities)s + 0.001 * (n / %(cities)s), 10 + 0.001 * (n / %(cities)s),"
    " jsonb_build_object('name', 'Gym ' || n) FROM unnest(%(locations)s::uuid[],"
    " %(organisations)s::uuid[]) WITH ORDINALITY AS t (l, o, n)"
)
_MADE_OF = """
INSERT INTO scheduling.class_type SELECT gen_random_uuid(), o, 1, 'Kind ' || k, '', 60, 1, '{}',
    now() FROM (SELECT DISTINCT organisation_id AS o FROM scheduling.place) AS p,
    generate_series(1, 10) AS k;
INSERT INTO scheduling.instructor SELECT gen_random_uuid(), o, 1, NULL, 'Instructor ' || k, now()
    FROM (SELECT DISTINCT organisation_id AS o FROM scheduling.place) AS p,
    generate_series(1, 50) AS k;
INSERT INTO scheduling.booking_rules SELECT gen_random_uuid(), organisation_id, location_id, NULL,
    1, '{"free_minutes": 60}' FROM scheduling.place;
"""
_CLASSES = (
    "INSERT INTO scheduling.class (id, host_organisation_id, location_id, class_type_id, version,"
    " name, start_at, until_at, zone, instructor_ids, substitute, capacity, caps, status, edited,"
    " taken, waiting, last_number, created_at) SELECT gen_random_uuid(), p.organisation_id,"
    " p.location_id, t.ids[1 + n %% 10], 1, 'Class', at, at + interval '1 hour', p.zone,"
    " ARRAY[i.ids[1 + n %% 50]], false, 20, '{}', 'scheduled', '{}', n %% 21, 0, 0, at"
    " FROM scheduling.place AS p JOIN (SELECT organisation_id, array_agg(id) AS ids"
    "  FROM scheduling.class_type GROUP BY 1) AS t USING (organisation_id)"
    " JOIN (SELECT organisation_id, array_agg(id) AS ids FROM scheduling.instructor GROUP BY 1)"
    "  AS i USING (organisation_id)"
    " CROSS JOIN LATERAL (SELECT n, CAST(%(begin)s AS timestamptz) + n / 7 * interval '1 day'"
    "  + n %% 7 * interval '2 hours' AS at FROM generate_series(0, %(classes)s - 1) AS n) AS n"
)


async def report(seconds: int = 5) -> Figures:
    """Load, then ask for so many seconds each way."""
    async with fresh_database([SCHEDULING]) as fresh:
        locations = await asyncio.to_thread(_load, fresh.owner_url)
        settings = fresh.settings
        runtime = Runtime(settings, load(settings.contexts), database_url=fresh.url)
        try:
            return await _measure(runtime, locations, seconds)
        finally:
            await runtime.close()


def _load(url: str) -> list[UUID]:
    locations = [new_id() for _ in range(LOCATIONS)]
    owners = [new_id() for _ in range(ORGANISATIONS)]
    values: dict[str, Any] = {
        "locations": locations,
        "organisations": [owners[n % ORGANISATIONS] for n in range(LOCATIONS)],
        "cities": CITIES,
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_PLACES, values)
        connection.execute(_MADE_OF)
        connection.execute(_CLASSES, {"begin": BEGIN, "classes": CLASSES})
        for table in ("place", "class_type", "instructor", "booking_rules", "class"):
            connection.execute(f"VACUUM ANALYZE scheduling.{table}")
    return locations


async def _measure(runtime: Runtime, locations: list[UUID], seconds: int) -> Figures:
    dice = random.Random(5)

    def weeks() -> TimetableFilter:
        start = BEGIN + timedelta(days=dice.randrange(340))
        return TimetableFilter(
            start=start, until=start + timedelta(days=7), location_id=dice.choice(locations)
        )

    def around() -> Near:
        return Near(latitude=40.0 + dice.randrange(CITIES), longitude=10.0, km=25)

    def weeks_around() -> TimetableFilter:
        start = BEGIN + timedelta(days=dice.randrange(340))
        return TimetableFilter(start=start, until=start + timedelta(days=7), near=around())

    def days_around() -> TimetableFilter:
        on = date(2026, 1, 5) + timedelta(days=dice.randrange(340))
        return TimetableFilter(start=BEGIN, on=on, near=around(), free=True)

    def everywhere() -> TimetableFilter:
        start = BEGIN + timedelta(days=dice.randrange(340))
        near = Near(latitude=45.0, longitude=10.0, km=5000)
        return TimetableFilter(start=start, near=near, free=True)

    figures: Figures = {"locations": LOCATIONS, "classes": LOCATIONS * CLASSES}
    for name, make in (
        ("location_week", weeks),
        ("around_week", weeks_around),
        ("around_day", days_around),
        ("all_places", everywhere),
    ):
        took = await _time(runtime, make, seconds)
        figures |= {f"{name}_{figure}": value for figure, value in took.items()}
    return figures


async def _time(runtime: Runtime, make: Any, seconds: int) -> Figures:
    member = AuthSubject(kind="member", person_id=new_id(), within=(new_id(),))
    took: list[float] = []
    shown = 0
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        async with runtime.read(member) as connection:
            shown = len(await timetable(connection, make(), after=None, limit=PAGE))
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return {
        "queries": len(took),
        "entries": shown,
        "p50_ms": round(took[len(took) // 2], 1),
        "p95_ms": round(took[int(len(took) * 0.95)], 1),
        "max_ms": round(took[-1], 1),
    }
