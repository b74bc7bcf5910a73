"""Take over the state of memberships and of their credits."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.usecases.fill_places import have_lines_seen_again
from gymhopper.contexts.scheduling.usecases.release_bookings import have_released
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.contracts.membership.state import MembershipState

# Absolute state under the membership's own version: repeats and late arrivals change nothing. The
# rows are in the order of their ids, as everybody locks them.
_UPSERT = text(
    "INSERT INTO scheduling.entitlement AS e (membership_id, person_id, member_id,"
    " organisation_id, version, state, lots_version)"
    " SELECT *, 0 FROM unnest(CAST(:memberships AS uuid[]), CAST(:people AS uuid[]),"
    " CAST(:members AS uuid[]), CAST(:organisations AS uuid[]), CAST(:versions AS integer[]),"
    " CAST(:states AS jsonb[]))"
    " ON CONFLICT (membership_id) DO UPDATE SET version = excluded.version,"
    " person_id = excluded.person_id, member_id = excluded.member_id, state = excluded.state"
    " WHERE e.version < excluded.version"
)
_COUNT = text(
    "UPDATE scheduling.entitlement AS e SET lots = n.lots, lots_version = n.version"
    " FROM unnest(CAST(:memberships AS uuid[]), CAST(:versions AS integer[]),"
    " CAST(:lots AS jsonb[])) AS n (membership_id, version, lots)"
    " WHERE e.membership_id = n.membership_id AND e.lots_version < n.version"
)
_KNOWN = text(
    "UPDATE scheduling.booking SET credits_known = true"
    " WHERE id = ANY(CAST(:bookings AS uuid[])) AND NOT credits_known"
)


_KNOWN_OF_APPOINTMENTS = text(
    "UPDATE scheduling.appointment SET credits_known = true"
    " WHERE id = ANY(CAST(:bookings AS uuid[])) AND NOT credits_known"
)


class MembershipNews(msgspec.Struct, frozen=True):
    """A membership as of a version of it; with `lots`, its credits, and which booking they know."""

    version: int
    state: MembershipState
    lots: tuple[LotLeft, ...] | None = None
    booking_id: UUID | None = None


async def follow_memberships(uow: UnitOfWork, news: Sequence[MembershipNews]) -> None:
    """Store the latest of each, and what the ledger knows."""
    rows = _latest(news)
    await uow.connection.execute(
        _UPSERT,
        {
            "memberships": [each.state.membership_id for each in rows],
            "people": [each.state.person_id for each in rows],
            "members": [each.state.member_id for each in rows],
            "organisations": [each.state.organisation_id for each in rows],
            "versions": [each.version for each in rows],
            "states": [msgspec.json.encode(each.state).decode() for each in rows],
        },
    )
    counted = _latest(each for each in news if each.lots is not None)
    if counted:
        await uow.connection.execute(
            _COUNT,
            {
                "memberships": [each.state.membership_id for each in counted],
                "versions": [each.version for each in counted],
                "lots": [msgspec.json.encode(each.lots).decode() for each in counted],
            },
        )
    await have_released(uow, [each.state for each in rows])
    heard = sorted({each.booking_id for each in news if each.booking_id is not None})
    if heard:
        await uow.connection.execute(_KNOWN, {"bookings": heard})
        await uow.connection.execute(_KNOWN_OF_APPOINTMENTS, {"bookings": heard})
    await have_lines_seen_again(uow, {each.state.person_id for each in rows})


def _latest(news: Iterable[MembershipNews]) -> list[MembershipNews]:
    latest: dict[UUID, MembershipNews] = {}
    for each in news:
        known = latest.get(each.state.membership_id)
        if known is None or known.version < each.version:
            latest[each.state.membership_id] = each
    return [latest[key] for key in sorted(latest)]
