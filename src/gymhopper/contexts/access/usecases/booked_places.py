"""The bookings that open doors, or did a moment ago, with what they rest on."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.bookings import TOO_LATE_FOR, Booked
from gymhopper.contexts.access.storage.tables import booking, entitlement
from gymhopper.contracts.membership.events import MembershipState


async def booked_places(
    uow: UnitOfWork, person_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[Booked]]:
    """The people's bookings that matter to doors from now on.

    They are held for the same reason as memberships are; what they rest on is read only then, and
    so as it is once nobody else is at work on them.
    """
    of = booking.c
    rows = await uow.connection.execute(
        sa.select(booking)
        .where(
            of.person_id.in_(list(person_ids)),
            of.live,
            of.enter_until > uow.now - TOO_LATE_FOR,
        )
        .order_by(of.booking_id)
        .with_for_update()
    )
    held = rows.all()
    memberships = await _memberships(uow, {each.membership_id for each in held} - {None})
    found: dict[UUID, list[Booked]] = defaultdict(list)
    for row in held:
        place = Booked(
            booking_id=row.booking_id,
            membership_id=row.membership_id,
            home_organisation_id=row.home_organisation_id,
            location_id=row.location_id,
            area_id=row.area_id,
            zone=row.zone,
            enter_from=row.enter_from,
            enter_until=row.enter_until,
            rests_on=memberships.get(row.membership_id),
        )
        found[row.person_id].append(place)
    return found


async def booked_on(uow: UnitOfWork, membership_ids: Collection[UUID]) -> set[UUID]:
    """The people whose coming bookings rest on these memberships: their own, or their host's."""
    of = booking.c
    rows = await uow.connection.execute(
        sa.select(of.person_id).where(
            of.membership_id.in_(list(membership_ids)),
            of.live,
            of.enter_until > uow.now,
        )
    )
    return set(rows.scalars())


async def _memberships(
    uow: UnitOfWork, membership_ids: Collection[UUID]
) -> dict[UUID, MembershipState]:
    if not membership_ids:
        return {}
    of = entitlement.c
    rows = await uow.connection.execute(
        sa.select(of.membership_id, sa.cast(of.state, sa.Text).label("state")).where(
            of.membership_id.in_(list(membership_ids))
        )
    )
    return {row.membership_id: msgspec.json.decode(row.state, type=MembershipState) for row in rows}
