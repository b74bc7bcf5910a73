"""Give a membership another home location."""

from datetime import date, timedelta
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import DateOutOfRange
from gymhopper.contexts.membership.domain.home import check_home
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.queries.memberships import MembershipView, view
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contracts.venues.api import Location
from gymhopper.kernel.calendar import local_date, start_of_day

FURTHEST = timedelta(days=366)


async def move_home(
    uow: UnitOfWork, membership_id: UUID, place: Location, day: date | None
) -> MembershipView:
    """The place is home from the local day on; from now when it is today or left out."""
    membership = await uow.get(Membership, membership_id)
    check_home(membership.coverage, place)
    today = local_date(uow.now, membership.zone)
    if day is not None and not today <= day <= today + FURTHEST:
        raise DateOutOfRange("It can move from today on, within a year.", field="start")
    start = uow.now if day in (None, today) else start_of_day(day, membership.zone)
    await publish(uow, membership, membership.move_home(place.location_id, start, uow.now))
    return view(membership, uow.now)
