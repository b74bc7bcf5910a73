"""How long members wait for the timetable: `gymhopper bench timetable`.

200 locations of 20 organisations in ten cities have 2,500 classes each, a year of them. Members ask
a running server for a location's week, for a week around a point, for a day around it, and for what
is on next anywhere; each answer tells them what they may do and why not. One asks after the other.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import psycopg
from bench.booking.platform import news_arrived, platform
from bench.booking.wire import Line, connected, request
from bench.booking.world import found, sign_in
from bench.database import fresh_database

from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import CONTEXTS
from gymhopper.kernel.ids import new_id

Figures = dict[str, object]
Query = Mapping[str, object]

LOCATIONS, ORGANISATIONS, CLASSES, CITIES = 200, 20, 2500, 10
PAGE = 50
READERS = 100
"""So many that nobody is over the limit of one caller."""

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
    begin = datetime.now(UTC).replace(hour=5, minute=0, second=0, microsecond=0)
    async with fresh_database(CONTEXTS) as fresh:
        runtime = Runtime(fresh.settings, load(CONTEXTS), database_url=fresh.url)
        try:
            gym = await found(runtime, READERS)
            tokens = await asyncio.to_thread(sign_in, fresh.owner_url, gym)
            async with platform(fresh, 1) as [port]:
                await news_arrived(runtime)
                locations = await asyncio.to_thread(_load, fresh.owner_url, begin)
                return await _measure(port, tokens, locations, begin, seconds)
        finally:
            await runtime.close()


def _load(url: str, begin: datetime) -> list[UUID]:
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
        connection.execute(_CLASSES, {"begin": begin, "classes": CLASSES})
        for table in ("place", "class_type", "instructor", "booking_rules", "class"):
            connection.execute(f"VACUUM ANALYZE scheduling.{table}")
    return locations


async def _measure(
    port: int, tokens: list[str], locations: list[UUID], begin: datetime, seconds: int
) -> Figures:
    dice = random.Random(5)

    def week() -> Query:
        start = begin + timedelta(days=dice.randrange(1, 340))
        return {"from": _wire(start), "until": _wire(start + timedelta(days=7))}

    def around() -> Query:
        return {"near": f"{40 + dice.randrange(CITIES)},10", "within_km": 25}

    def day() -> Query:
        on = begin.date() + timedelta(days=dice.randrange(1, 340))
        return {"from": _wire(begin), "date": on.isoformat(), "free": True}

    def anywhere() -> Query:
        start = begin + timedelta(days=dice.randrange(1, 340))
        return {"from": _wire(start), "near": "45,10", "within_km": 500, "free": True}

    figures: Figures = {"locations": LOCATIONS, "classes": LOCATIONS * CLASSES}
    line = await connected(port)
    ways: dict[str, Callable[[], Query]] = {
        "location_week": lambda: {**week(), "location_id": dice.choice(locations)},
        "around_week": lambda: {**week(), **around()},
        "around_day": lambda: {**day(), **around()},
        "all_places": anywhere,
    }
    for name, make in ways.items():
        took = await _time(line, tokens, make, seconds)
        figures |= {f"{name}_{figure}": value for figure, value in took.items()}
    line.close()
    return figures


async def _time(line: Line, tokens: list[str], make: Callable[[], Query], seconds: int) -> Figures:
    took: list[float] = []
    shown = asked = 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        path = "/api/v1/classes?" + urlencode({**make(), "limit": PAGE}).replace("True", "true")
        asked += 1
        began = time.perf_counter()
        answer = await line.ask(request("GET", path, tokens[asked % len(tokens)]))
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status == 200, answer
        shown += len(msgspec.json.decode(answer.body)["items"])
    took.sort()
    return {
        "requests": len(took),
        "entries": round(shown / len(took)),
        "p50_ms": round(took[len(took) // 2], 1),
        "p95_ms": round(took[int(len(took) * 0.95)], 1),
        "max_ms": round(took[-1], 1),
    }


def _wire(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
