"""What has to be known of people to say whether they may book: of many, with few questions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.database import Asks
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
# One statement for all that is asked of everybody: whoever holds a class waits for each answer.
_KNOWN = text(
    "SELECT (SELECT CAST(json_agg(json_build_array(person_id, member_id, state, lots)"
    "  ORDER BY membership_id) AS text) FROM scheduling.entitlement"
    "  WHERE person_id = ANY(CAST(:people AS uuid[]))) AS held,"
    " (SELECT CAST(json_agg(json_build_array(person_id, json_build_object('booking_id', id,"
    "   'class_id', class_id, 'status', status, 'start', start_at, 'until', until_at))) AS text)"
    "  FROM (SELECT person_id, id, class_id, status, start_at, until_at"
    "   FROM scheduling.booking WHERE person_id = ANY(CAST(:people AS uuid[]))"
    "   AND start_at > :since AND until_at > :now AND status <> 'cancelled'"
    "  UNION ALL SELECT person_id, id, NULL, status, start_at, until_at"
    "   FROM scheduling.appointment WHERE person_id = ANY(CAST(:people AS uuid[]))"
    "   AND start_at > :since AND until_at > :now AND status <> 'cancelled') AS e) AS engaged,"
    " (SELECT CAST(json_agg(json_build_array(person_id, held_until)) AS text)"
    "  FROM (SELECT person_id, max(held_until) AS held_until FROM scheduling.strike"
    "   WHERE organisation_id = :organisation AND person_id = ANY(CAST(:people AS uuid[]))"
    "   AND held_until > :now AND taken_back_at IS NULL GROUP BY person_id) AS s) AS struck,"
    " (SELECT CAST(json_agg(json_build_array(person_id, discipline, level)) AS text)"
    "  FROM scheduling.level WHERE organisation_id = :organisation"
    "  AND person_id = ANY(CAST(:people AS uuid[]))) AS levels"
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

_held = msgspec.json.Decoder(
    list[tuple[UUID, UUID, MembershipState, tuple[LotLeft, ...] | None]]
).decode
_engaged = msgspec.json.Decoder(list[tuple[UUID, Engagement]]).decode
_struck = msgspec.json.Decoder(list[tuple[UUID, datetime]]).decode
_levels = msgspec.json.Decoder(list[tuple[UUID, str, int]]).decode


async def hold(connection: AsyncConnection, several: Iterable[UUID]) -> None:
    """Nobody else gives or takes the time and places of these people, or of instructors and rooms
    for appointments, until the transaction ends."""
    keys = sorted({int.from_bytes(each.bytes[8:], "big", signed=True) for each in several})
    if keys:
        await connection.execute(_LOCK, {"keys": keys})


async def bookers(
    connection: Asks,
    occasions: Sequence[Occasion],
    people: Sequence[UUID],
    now: datetime,
    standings: Mapping[UUID, Standing],
) -> dict[UUID, Booker]:
    """Everything that `judge` asks of these people about these classes of one organisation."""
    # No class is longer than a day, so what is not over began within one.
    asked = {"people": people, "now": now, "since": now - timedelta(days=2)}
    asked["organisation"] = occasions[0].where.organisation_id
    [known] = await connection.execute(_KNOWN, asked)
    held: dict[UUID, list[Held]] = {}
    for person_id, member_id, state, lots in _held(known.held or "[]"):
        held.setdefault(person_id, []).append(Held(member_id, state, lots or ()))
    await _count(connection, held, [each.start for each in occasions])
    engaged: dict[UUID, list[Engagement]] = {}
    for person_id, engagement in _engaged(known.engaged or "[]"):
        engaged.setdefault(person_id, []).append(engagement)
    struck = dict(_struck(known.struck or "[]"))
    levels: dict[UUID, dict[str, int]] = {}
    for person_id, discipline, level in _levels(known.levels or "[]"):
        levels.setdefault(person_id, {})[discipline] = level
    return {
        each: with_standing(
            Booker(
                each,
                tuple(held.get(each, ())),
                tuple(engaged.get(each, ())),
                struck.get(each),
                levels.get(each, {}),
            ),
            standings.get(each),
        )
        for each in people
    }


def with_standing(booker: Booker, standing: Standing | None) -> Booker:
    """The person as membership knows them, too."""
    if standing is None:
        return booker
    return msgspec.structs.replace(booker, age=standing.age, unsigned=standing.unsigned)


async def _count(
    connection: Asks, held: dict[UUID, list[Held]], starts: Sequence[datetime]
) -> None:
    """Put what is used of limits and reserved of credits to the memberships that have such."""
    states = [each.state for several in held.values() for each in several]
    first, last = min(starts), max(starts)
    limited = {
        each.membership_id: (span_around(each, first)[0], span_around(each, last)[1])
        for each in states
        if each.coverage.limits
    }
    on_credit = [each.membership_id for each in states if each.credits is not None]
    used = await _used(connection, limited)
    reserved = await _reserved(connection, on_credit)
    if used or reserved:
        for person, several in held.items():
            held[person] = [
                msgspec.structs.replace(
                    each,
                    used=tuple(used.get(each.state.membership_id, ())),
                    reserved=tuple(reserved.get(each.state.membership_id, ())),
                )
                for each in several
            ]


async def _used(
    connection: Asks, limited: Mapping[UUID, tuple[datetime, datetime]]
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


async def _reserved(connection: Asks, memberships: Sequence[UUID]) -> dict[UUID, list[Reserved]]:
    found: dict[UUID, list[Reserved]] = {}
    if memberships:
        for row in await connection.execute(_RESERVED, {"memberships": memberships}):
            found.setdefault(row.membership_id, []).append(
                Reserved(row.class_type_id, row.start_at, row.credits)
            )
    return found
