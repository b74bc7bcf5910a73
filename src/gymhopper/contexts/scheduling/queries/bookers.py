"""What has to be known of people to say whether they may book: of many, with few questions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.domain.eligibility import (
    Booker,
    Engagement,
    Held,
    Occasion,
    Reserved,
)
from gymhopper.contexts.scheduling.domain.limits import Use, span_around
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.contracts.membership.people.api import Standing
from gymhopper.contracts.membership.state import MembershipState

# In the order of the keys, as everybody takes them: two transactions never wait for each other.
_LOCK = text(
    "SELECT count(pg_advisory_xact_lock(key))"
    " FROM (SELECT unnest(CAST(:keys AS bigint[])) AS key) AS sorted"
)
_HELD = text(
    "SELECT membership_id, person_id, member_id, CAST(state AS text) AS state,"
    " CAST(lots AS text) AS lots FROM scheduling.entitlement"
    " WHERE person_id = ANY(CAST(:people AS uuid[])) ORDER BY membership_id"
)
_ENGAGED = text(
    "SELECT id, person_id, class_id, status, start_at, until_at FROM scheduling.booking"
    " WHERE person_id = ANY(CAST(:people AS uuid[])) AND start_at > :since"
    " AND until_at > :now AND status <> 'cancelled'"
    " UNION ALL SELECT id, person_id, NULL, status, start_at, until_at FROM scheduling.appointment"
    " WHERE person_id = ANY(CAST(:people AS uuid[])) AND start_at > :since"
    " AND until_at > :now AND status <> 'cancelled'"
)
_STRUCK = text(
    "SELECT person_id, max(held_until) AS held_until FROM scheduling.strike"
    " WHERE organisation_id = :organisation AND person_id = ANY(CAST(:people AS uuid[]))"
    " AND held_until > :now AND taken_back_at IS NULL GROUP BY person_id"
)
_LEVELS = text(
    "SELECT person_id, discipline, level FROM scheduling.level"
    " WHERE organisation_id = :organisation AND person_id = ANY(CAST(:people AS uuid[]))"
)
_RESERVED = text(
    "SELECT b.membership_id, c.class_type_id, b.start_at, b.credits, b.booked_at, b.id"
    " FROM scheduling.booking AS b JOIN scheduling.class AS c ON c.id = b.class_id"
    " WHERE b.membership_id = ANY(CAST(:memberships AS uuid[])) AND b.credits > 0"
    " AND NOT b.credits_known AND b.status NOT IN ('cancelled', 'waiting')"
    " UNION ALL SELECT membership_id, class_type_id, start_at, credits, booked_at, id"
    " FROM scheduling.appointment"
    " WHERE membership_id = ANY(CAST(:memberships AS uuid[])) AND credits > 0"
    " AND NOT credits_known AND status <> 'cancelled' ORDER BY booked_at, id"
)
_USED = text(
    "SELECT u.membership_id, u.at, u.location_id, u.missed, p.organisation_id, p.zone,"
    " coalesce(CAST(p.state ->> 'rollover_hour' AS integer), 0) AS rollover_hour"
    " FROM (SELECT b.membership_id, b.start_at AS at, c.location_id, b.status = 'missed' AS missed"
    "  FROM scheduling.booking AS b JOIN scheduling.class AS c ON c.id = b.class_id"
    "  WHERE b.membership_id = ANY(CAST(:memberships AS uuid[]))"
    "  AND b.start_at BETWEEN :since AND :until"
    "  AND b.status IN ('booked', 'offered', 'attended', 'missed')"
    " UNION ALL SELECT a.membership_id, a.start_at, a.location_id, a.status = 'missed'"
    "  FROM scheduling.appointment AS a WHERE a.membership_id = ANY(CAST(:memberships AS uuid[]))"
    "  AND a.start_at BETWEEN :since AND :until"
    "  AND a.status IN ('booked', 'attended', 'missed')"
    " UNION ALL SELECT v.membership_id, v.at, v.location_id, false FROM scheduling.visit AS v"
    "  WHERE v.membership_id = ANY(CAST(:memberships AS uuid[]))"
    "  AND v.at BETWEEN :since AND :until AND v.booking_id IS NULL) AS u"
    " JOIN scheduling.place AS p ON p.location_id = u.location_id"
)

_state = msgspec.json.Decoder(MembershipState).decode
_lots = msgspec.json.Decoder(tuple[LotLeft, ...]).decode


async def hold(connection: AsyncConnection, several: Iterable[UUID]) -> None:
    """Nobody else gives or takes the time and places of these people, or of instructors and rooms
    for appointments, until the transaction ends."""
    keys = sorted({int.from_bytes(each.bytes[8:], "big", signed=True) for each in several})
    if keys:
        await connection.execute(_LOCK, {"keys": keys})


async def bookers(
    connection: AsyncConnection,
    occasions: Sequence[Occasion],
    people: Sequence[UUID],
    now: datetime,
    standings: Mapping[UUID, Standing],
) -> dict[UUID, Booker]:
    """Everything that `judge` asks of these people about these classes of one organisation."""
    asked = {"people": people, "now": now, "organisation": occasions[0].where.organisation_id}
    held = await _held(connection, [each.start for each in occasions], asked)
    engaged: dict[UUID, list[Engagement]] = {}
    # No class is longer than a day, so what is not over began within one.
    since = now.timestamp() - 2 * 86400
    rows = await connection.execute(
        _ENGAGED, {**asked, "since": datetime.fromtimestamp(since, now.tzinfo)}
    )
    for row in rows:
        engaged.setdefault(row.person_id, []).append(
            Engagement(row.id, row.class_id, row.status, row.start_at, row.until_at)
        )
    struck = {row.person_id: row.held_until for row in await connection.execute(_STRUCK, asked)}
    levels: dict[UUID, dict[str, int]] = {}
    if any(each.requirements.level is not None for each in occasions):
        for row in await connection.execute(_LEVELS, asked):
            levels.setdefault(row.person_id, {})[row.discipline] = row.level
    found = {}
    for person_id in people:
        standing = standings.get(person_id)
        found[person_id] = Booker(
            person_id,
            tuple(held.get(person_id, ())),
            tuple(engaged.get(person_id, ())),
            struck.get(person_id),
            levels.get(person_id, {}),
            None if standing is None else standing.age,
            standing is not None and standing.unsigned,
        )
    return found


async def _held(
    connection: AsyncConnection, starts: Sequence[datetime], asked: Mapping[str, Any]
) -> dict[UUID, list[Held]]:
    found: dict[UUID, list[Held]] = {}
    limited: dict[UUID, tuple[datetime, datetime]] = {}
    on_credit: list[UUID] = []
    for row in await connection.execute(_HELD, asked):
        state = _state(row.state)
        lots = _lots(row.lots) if row.lots is not None else ()
        found.setdefault(row.person_id, []).append(Held(row.member_id, state, lots))
        if state.coverage.limits:
            since, _ = span_around(state, min(starts))
            limited[state.membership_id] = since, span_around(state, max(starts))[1]
        if state.credits is not None:
            on_credit.append(state.membership_id)
    used = await _used(connection, limited)
    reserved = await _reserved(connection, on_credit)
    if used or reserved:
        for person, several in found.items():
            found[person] = [
                msgspec.structs.replace(
                    each,
                    used=tuple(used.get(each.state.membership_id, ())),
                    reserved=tuple(reserved.get(each.state.membership_id, ())),
                )
                for each in several
            ]
    return found


async def _used(
    connection: AsyncConnection, limited: Mapping[UUID, tuple[datetime, datetime]]
) -> dict[UUID, list[Use]]:
    found: dict[UUID, list[Use]] = {}
    if limited:
        asked = {
            "memberships": list(limited),
            "since": min(since for since, _ in limited.values()),
            "until": max(until for _, until in limited.values()),
        }
        for row in await connection.execute(_USED, asked):
            found.setdefault(row.membership_id, []).append(
                Use(
                    row.at,
                    row.location_id,
                    row.organisation_id,
                    row.zone,
                    row.rollover_hour,
                    missed=row.missed,
                )
            )
    return found


async def _reserved(
    connection: AsyncConnection, memberships: Sequence[UUID]
) -> dict[UUID, list[Reserved]]:
    found: dict[UUID, list[Reserved]] = {}
    if memberships:
        for row in await connection.execute(_RESERVED, {"memberships": memberships}):
            found.setdefault(row.membership_id, []).append(
                Reserved(row.class_type_id, row.start_at, row.credits)
            )
    return found
