"""How long a desk waits for people by part of a name or number: `gymhopper bench search`.

One organisation has 200,000 members, and the network as many again in ten others. Each query is
asked as a member of staff asks it, policies and all; the same queries are asked of the plain tables
under the same policies, as the search was before.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from bench.database import fresh_database
from bench.search.names import FIRST, LAST
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.membership.domain.folding import folded
from gymhopper.contexts.membership.queries.members import CARD
from gymhopper.contexts.membership.queries.search import search_members
from gymhopper.contexts.membership.storage import tables
from gymhopper.kernel.ids import new_id

Figures = dict[str, object]
Ask = Callable[[AsyncConnection, str], Awaitable[int]]

MEMBERSHIP = "gymhopper.contexts.membership"
OURS = 200_000
OTHERS, EACH = 10, 20_000
PAGE = 51

_PEOPLE = (
    "INSERT INTO membership.person (id, version, first_name, last_name, first_folded, last_folded,"
    " created_at) SELECT id, 1, first, last, first_folded, last_folded, %s FROM unnest("
    "%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])"
    " AS t (id, first, last, first_folded, last_folded)"
)
_MEMBERS = (
    "INSERT INTO membership.member (id, version, organisation_id, person_id, number, status, tags,"
    " registered_at) SELECT id, 1, %s, person, number, 'active', '{}', %s"
    " FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS t (id, person, number)"
)


async def report(seconds: int = 5) -> Figures:
    """Load, then ask for so many seconds each way."""
    async with fresh_database([MEMBERSHIP]) as fresh:
        organisation_id = await asyncio.to_thread(_load, fresh.owner_url)
        settings = fresh.settings
        runtime = Runtime(settings, load(settings.contexts), database_url=fresh.url)
        try:
            return await _measure(runtime, organisation_id, seconds)
        finally:
            await runtime.close()


def _load(owner_url: str) -> UUID:
    """Everybody; returns the organisation with the many members."""
    dice, now = random.Random(7), datetime.now(UTC)
    sizes = [OURS, *[EACH] * OTHERS]
    organisations = [new_id() for _ in sizes]
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for organisation, size in zip(organisations, sizes, strict=True):
            for begin in range(0, size, 10_000):
                count = min(10_000, size - begin)
                people = [new_id() for _ in range(count)]
                first = [dice.choice(FIRST) for _ in people]
                last = [_surname(dice) for _ in people]
                connection.execute(
                    _PEOPLE,
                    [now, people, first, last, *([folded(x) for x in n] for n in (first, last))],
                )
                numbers = [str(begin + n + 1) for n in range(count)]
                ids = [new_id() for _ in people]
                connection.execute(_MEMBERS, [organisation, now, ids, people, numbers])
        connection.execute("VACUUM ANALYZE membership.person")
        connection.execute("VACUUM ANALYZE membership.member")
        connection.execute("VACUUM ANALYZE membership.member_search")
    return organisations[0]


def _surname(dice: random.Random) -> str:
    """Some are double, and some have an ending, so that there are many of them."""
    name = dice.choice(LAST) + dice.choice(["", "", "", "er", "mann", "ová", "sen", "ski"])
    return f"{name}-{dice.choice(LAST)}" if dice.random() < 0.1 else name


def queries(count: int) -> list[str]:
    """What desks type: beginnings, parts, two parts, numbers, and now and then nothing that is."""
    dice = random.Random(11)
    asked: list[str] = []
    while len(asked) < count:
        first, last = dice.choice(FIRST), _surname(dice)
        cut = dice.randint(1, 6)
        begin = dice.randrange(max(1, len(last) - 3))
        asked += [
            last[:cut],
            first[:cut],
            last[begin : begin + 3],
            f"{first[:3]} {last[:3]}",
            f"{last} {first[:1]}",
            str(dice.randint(1, OURS))[:cut],
            "qx" + last[:2],
        ]
    return asked[:count]


async def _measure(runtime: Runtime, organisation_id: UUID, seconds: int) -> Figures:
    staff = AuthSubject(kind="staff", organisation_id=organisation_id)

    async def search(connection: AsyncConnection, query: str) -> int:
        found = await search_members(
            connection, runtime.secrets, query, organisation_id=organisation_id, limit=PAGE
        )
        return len(found)

    async def naive(connection: AsyncConnection, query: str) -> int:
        return len((await connection.execute(_naive(organisation_id, query))).all())

    quick = await _time(runtime, staff, search, seconds)
    plain = await _time(runtime, staff, naive, seconds)
    return {
        "members_of_one_organisation": OURS,
        "members_of_others": OTHERS * EACH,
        **{f"search_{name}": value for name, value in quick.items()},
        **{f"naive_{name}": value for name, value in plain.items()},
    }


def _naive(organisation_id: UUID, query: str) -> Any:
    person, member = tables.person.c, tables.member.c
    asked = select(*CARD).join_from(tables.member, tables.person)
    asked = asked.where(member.organisation_id == organisation_id)
    for word in query.split():
        asked = asked.where(
            or_(
                person.first_name.icontains(word, autoescape=True),
                person.last_name.icontains(word, autoescape=True),
                member.number.startswith(word, autoescape=True),
            )
        )
    return asked.order_by(person.last_name, person.first_name, member.id).limit(PAGE)


async def _time(runtime: Runtime, staff: AuthSubject, ask: Ask, seconds: int) -> Figures:
    for query in queries(20):
        async with runtime.read(staff) as connection:
            await ask(connection, query)
    took: list[tuple[float, str]] = []
    end = time.perf_counter() + seconds
    for query in queries(5000):
        began = time.perf_counter()
        if began > end:
            break
        async with runtime.read(staff) as connection:
            await ask(connection, query)
        took.append(((time.perf_counter() - began) * 1000, query))
    took.sort()
    return {
        "queries": len(took),
        "p50_ms": round(took[len(took) // 2][0], 1),
        "p95_ms": round(took[int(len(took) * 0.95)][0], 1),
        "max_ms": round(took[-1][0], 1),
        "slowest": took[-1][1],
    }
