"""Take over the state of memberships, and compile what their people may do."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy import text

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.bookings import Booked, compile_booking
from gymhopper.contexts.access.domain.compiling import NOTHING_TO_SIGN, compile_person
from gymhopper.contexts.access.domain.coverage import encode_coverage
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.storage.feed import Change, publish
from gymhopper.contexts.access.usecases.booked_places import booked_on, booked_places
from gymhopper.contexts.access.usecases.survivors import survivors
from gymhopper.contexts.access.usecases.unsigned_waivers import unsigned_waivers
from gymhopper.contracts.membership.events import MembershipState

# Absolute state under the membership's own version: repeats and late arrivals change nothing.
_UPSERT = text(
    "INSERT INTO access.entitlement AS e (membership_id, person_id, organisation_id, version,"
    " state) SELECT * FROM unnest(CAST(:memberships AS uuid[]), CAST(:people AS uuid[]),"
    " CAST(:organisations AS uuid[]), CAST(:versions AS integer[]), CAST(:states AS jsonb[]))"
    " ON CONFLICT (membership_id) DO UPDATE SET version = excluded.version,"
    " person_id = excluded.person_id, state = excluded.state"
    " WHERE e.version < excluded.version"
)


class MembershipNews(msgspec.Struct, frozen=True):
    """A membership as of a version of it."""

    version: int
    state: MembershipState


async def follow_memberships(uow: UnitOfWork, news: Sequence[MembershipNews]) -> None:
    """Store the latest state of each membership and compile its person."""
    latest: dict[UUID, MembershipNews] = {}
    for each in news:
        known = latest.get(each.state.membership_id)
        if known is None or known.version < each.version:
            latest[each.state.membership_id] = each
    rows = await _as_known_now(uow, list(latest.values()))
    await uow.connection.execute(
        _UPSERT,
        {
            "memberships": [each.state.membership_id for each in rows],
            "people": [each.state.person_id for each in rows],
            "organisations": [each.state.organisation_id for each in rows],
            "versions": [each.version for each in rows],
            "states": [msgspec.json.encode(each.state).decode() for each in rows],
        },
    )
    holders = {each.state.person_id for each in rows}
    resting = await booked_on(uow, [each.state.membership_id for each in rows])
    await compile_people(uow, holders | resting)


async def _as_known_now(uow: UnitOfWork, news: list[MembershipNews]) -> list[MembershipNews]:
    """The same about the people who they are now: news may come after those of a merge."""
    hosts = [each.state.hosted.person_id for each in news if each.state.hosted is not None]
    known = await survivors(uow, [*(each.state.person_id for each in news), *hosts])
    if not known:
        return news
    found = []
    for each in news:
        state = each.state
        survivor = known.get((state.organisation_id, state.person_id))
        if survivor is not None:
            state = msgspec.structs.replace(
                state, member_id=survivor.member_id, person_id=survivor.person_id
            )
        hosted = state.hosted
        if hosted and (host := known.get((state.organisation_id, hosted.person_id))):
            hosted = msgspec.structs.replace(hosted, person_id=host.person_id)
            state = msgspec.structs.replace(state, hosted=hosted)
        found.append(MembershipNews(each.version, state))
    return found


async def compile_people(uow: UnitOfWork, person_ids: Collection[UUID]) -> None:
    """Compile these people anew from what is stored, and publish their grants."""
    held: dict[UUID, list[MembershipState]] = {each: [] for each in person_ids}
    # Held, so that nobody who saw less than this transaction publishes after it.
    rows = await uow.connection.execute(
        sa.select(
            tables.entitlement.c.person_id,
            sa.cast(tables.entitlement.c.state, sa.Text).label("state"),
        )
        .where(tables.entitlement.c.person_id.in_(list(person_ids)))
        .order_by(tables.entitlement.c.membership_id)
        .with_for_update()
    )
    for row in rows:
        held[row.person_id].append(msgspec.json.decode(row.state, type=MembershipState))
    booked = await booked_places(uow, person_ids)
    waiting = await unsigned_waivers(
        uow,
        {
            person_id: {each.organisation_id for each in states}
            | {each.home_organisation_id for each in booked.get(person_id, ())}
            for person_id, states in held.items()
        },
    )
    for person_id, states in held.items():
        places = booked.get(person_id, ())
        publish(uow, *_policies([*states, *places]))
        unsigned = waiting.get(person_id, NOTHING_TO_SIGN)
        grants = [
            compile_booking(each, uow.now, unsigned.get(each.home_organisation_id, ()))
            for each in places
        ]
        opening = [each for each in grants if each is not None]
        person = compile_person(states, uow.now, unsigned, opening)
        # Nobody without a grant needs a record; a tombstone takes one back that was there.
        payload = msgspec.msgpack.encode(person) if person.grants else None
        publish(uow, Change("person", person_id.bytes, payload))


def _policies(rights: Iterable[MembershipState | Booked]) -> Iterable[Change]:
    for each in rights:
        key, payload = encode_coverage(each.coverage)
        yield Change("policy", key, payload)
