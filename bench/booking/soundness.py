"""What must be true of classes and bookings when everybody has been answered, asked of the tables
and of the log."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from uuid import UUID

import psycopg

PATIENCE = 60.0
"""Seconds within which every free place must have gone to whoever is first in line."""

_OPEN = """
SELECT count(*) FROM scheduling.class WHERE id = ANY(%s) AND taken < capacity AND waiting > 0
"""

_COUNTED = """
WITH counted AS (
    SELECT class_id,
        count(*) FILTER (WHERE status IN ('booked', 'offered', 'attended', 'missed')) AS taken,
        count(*) FILTER (WHERE status = 'waiting') AS waiting,
        max(number) AS last,
        max(number) FILTER (WHERE status = 'booked') AS last_in,
        min(number) FILTER (WHERE status = 'waiting') AS first_in_line
    FROM scheduling.booking WHERE class_id = ANY(%s) GROUP BY class_id)
SELECT c.id::text, said FROM scheduling.class AS c JOIN counted AS n ON n.class_id = c.id,
    LATERAL (VALUES
        (n.taken > c.capacity, 'has more bookings than places'),
        (c.taken <> n.taken, 'counts its places wrongly'),
        (c.waiting <> n.waiting, 'counts its line wrongly'),
        (n.taken < c.capacity AND n.waiting > 0, 'has a free place and a line'),
        (c.last_number <> n.last, 'has numbers that go wrong'),
        (n.last_in > n.first_in_line, 'has somebody in line before one who has a place')
    ) AS checked (wrong, said) WHERE wrong
"""

# By the log, in which the events of a class are in the order in which its row was held.
_OVERTAKEN = """
WITH told AS (
    SELECT b.class_id, b.number, e.type, e.position
    FROM scheduling.booking AS b JOIN bus.event AS e ON e.aggregate_id = b.id
    WHERE b.class_id = ANY(%s)),
given AS (
    SELECT class_id, number, position FROM told
    WHERE type IN ('scheduling.booking.made.v1', 'scheduling.booking.promoted.v1')),
stood AS (
    SELECT class_id, number,
        min(position) FILTER (WHERE type = 'scheduling.booking.waitlisted.v1') AS since,
        min(position) FILTER (WHERE type IN ('scheduling.booking.promoted.v1',
            'scheduling.booking.cancelled.v1')) AS until
    FROM told GROUP BY class_id, number)
SELECT count(*) FROM given JOIN stood ON stood.class_id = given.class_id
    AND stood.number < given.number AND stood.since < given.position
    AND (stood.until IS NULL OR stood.until > given.position)
"""

_LINE = """
SELECT id::text, row_number() OVER (PARTITION BY class_id ORDER BY number)
FROM scheduling.booking WHERE class_id = ANY(%s) AND status = 'waiting'
"""

_BOOKINGS = "SELECT count(*) FROM scheduling.booking WHERE class_id = ANY(%s)"


async def unsound(
    owner_url: str,
    class_ids: Sequence[UUID],
    *,
    bookings: int,
    positions: Mapping[str, int] | None = None,
) -> list[str]:
    """What is wrong with these classes, in sentences. `bookings` is how many were promised to
    clients, `positions` what they were told of the line by the ids of their bookings; None when it
    has moved since."""
    return await asyncio.to_thread(_unsound, owner_url, list(class_ids), bookings, positions)


def _unsound(
    owner_url: str, class_ids: list[UUID], bookings: int, positions: Mapping[str, int] | None
) -> list[str]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        deadline = time.monotonic() + PATIENCE
        while _one(connection, _OPEN, class_ids) and time.monotonic() < deadline:
            time.sleep(0.1)  # the worker moves the line up in its own time
        counted = connection.execute(_COUNTED, [class_ids])
        found = [f"Class {class_id} {said}." for class_id, said in counted]
        there = _one(connection, _BOOKINGS, class_ids)
        if there != bookings:
            found.append(f"{there} bookings are there, and {bookings} were promised.")
        overtaken = _one(connection, _OVERTAKEN, class_ids)
        if overtaken:
            found.append(f"{overtaken} times somebody in line was passed over.")
        if positions is not None:
            line: dict[str, int] = dict(connection.execute(_LINE, [class_ids]).fetchall())
            if line != positions:
                found.append("Clients were told other positions than they have.")
        return found


def _one(connection: psycopg.Connection[tuple[int]], query: str, class_ids: list[UUID]) -> int:
    row = connection.execute(query, [class_ids]).fetchone()
    assert row is not None
    return row[0]
