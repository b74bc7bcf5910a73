"""Take over bookings of classes, and appointments, which open doors around their time."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.bookings import PlaceHeld
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.usecases.follow_membership import compile_people
from gymhopper.contexts.access.usecases.survivors import survivors

FORGET_BOOKINGS = "access.forget_bookings"
FORGOTTEN_AFTER = timedelta(days=2)
"""So long after its window a booking is still known, and news of it are still taken."""
AT_ONCE = 500

_UPSERT = text(
    "INSERT INTO access.booking AS b (booking_id, person_id, membership_id, host_organisation_id,"
    " home_organisation_id, location_id, area_id, zone, enter_from, enter_until, version, live)"
    " SELECT * FROM unnest(CAST(:booking_id AS uuid[]), CAST(:person_id AS uuid[]),"
    " CAST(:membership_id AS uuid[]), CAST(:host_organisation_id AS uuid[]),"
    " CAST(:home_organisation_id AS uuid[]), CAST(:location_id AS uuid[]),"
    " CAST(:area_id AS uuid[]), CAST(:zone AS text[]), CAST(:enter_from AS timestamptz[]),"
    " CAST(:enter_until AS timestamptz[]), CAST(:version AS integer[]), CAST(:live AS boolean[]))"
    " ON CONFLICT (booking_id) DO UPDATE SET person_id = excluded.person_id,"
    " membership_id = excluded.membership_id, location_id = excluded.location_id,"
    " area_id = excluded.area_id, zone = excluded.zone, enter_from = excluded.enter_from,"
    " enter_until = excluded.enter_until, version = excluded.version, live = excluded.live"
    " WHERE b.version < excluded.version RETURNING b.booking_id, b.person_id, b.live"
)
_AS_TOLD = (
    "booking_id", "person_id", "membership_id", "host_organisation_id", "home_organisation_id",
    "location_id", "area_id", "zone", "enter_from", "enter_until",
)  # fmt: skip
_FORGET = text(
    "DELETE FROM access.booking WHERE booking_id IN (SELECT booking_id FROM access.booking"
    " WHERE enter_until < :before ORDER BY enter_until LIMIT :limit) RETURNING person_id"
)


class BookingNews(msgspec.Struct, frozen=True):
    """A booking as of a version of it."""

    version: int
    state: PlaceHeld


async def follow_bookings(uow: UnitOfWork, news: Sequence[BookingNews]) -> None:
    """Store the latest state of each booking, and compile those who got or lost a place."""
    latest: dict[UUID, BookingNews] = {}
    for each in news:
        known = latest.get(each.state.booking_id)
        if each.state.enter_until + FORGOTTEN_AFTER > uow.now and (
            known is None or known.version < each.version
        ):
            latest[each.state.booking_id] = each
    if not latest:
        return
    of = tables.booking.c
    before = await uow.connection.execute(
        sa.select(of.booking_id).where(of.booking_id.in_(list(latest)), of.live)
    )
    had_place = set(before.scalars())
    told = await _as_known_now(uow, [each.state for each in latest.values()])
    changed = await uow.connection.execute(
        _UPSERT,
        {
            **{name: [getattr(each, name) for each in told] for name in _AS_TOLD},
            "version": [each.version for each in latest.values()],
            "live": [each.live for each in told],
        },
    )
    people = {row.person_id for row in changed if row.live or row.booking_id in had_place}
    await compile_people(uow, people)


async def forget_bookings(runtime: Runtime) -> None:
    """Drop some bookings whose time is long over, and have the rest done after them.

    What is over opens nothing, but stands in what doors know of a person until that is compiled
    anew; this is done for those of whom nothing else will come.
    """
    async with runtime.begin(SERVICE) as uow:
        gone = await uow.connection.execute(
            _FORGET, {"before": uow.now - FORGOTTEN_AFTER, "limit": AT_ONCE}
        )
        people = gone.scalars().all()
        of = tables.booking.c
        others = await uow.connection.execute(
            sa.select(of.person_id).where(of.person_id.in_(people)).distinct()
        )
        await compile_people(uow, set(people) - set(others.scalars()))
        if len(people) == AT_ONCE:
            await uow.defer(FORGET_BOOKINGS, lock=FORGET_BOOKINGS)


async def _as_known_now(uow: UnitOfWork, told: list[PlaceHeld]) -> list[PlaceHeld]:
    """The same about the people who they are now: news may come after those of a merge."""
    known = await survivors(uow, [each.person_id for each in told])
    return [
        each
        if (found := known.get((each.home_organisation_id, each.person_id))) is None
        else msgspec.structs.replace(each, person_id=found.person_id)
        for each in told
    ]
