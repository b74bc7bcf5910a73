"""Freeze or block a membership, and lift that again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import DateOutOfRange
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.overlay import Overlay, OverlayKind
from gymhopper.contexts.membership.queries.memberships import MembershipView, view
from gymhopper.contexts.membership.usecases.publish import OVERLAY_REACHED, publish
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.ids import new_id

FURTHEST = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopForATime:
    """Access stops on the local days `[start, until)`; from this instant when no start is given.

    Without `until` it stops until it is lifted.
    """

    membership_id: UUID
    kind: OverlayKind
    reason: str
    start: date | None = None
    until: date | None = None
    stops_billing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedForATime:
    """The freeze or block that was set, and the membership with it."""

    overlay_id: UUID
    membership: MembershipView


async def stop_for_a_time(uow: UnitOfWork, command: StopForATime) -> StoppedForATime:
    """Set a freeze or a block."""
    membership = await uow.get(Membership, command.membership_id)
    start, until = _stretch(command, membership.zone, uow.now)
    overlay = Overlay(
        id=new_id(),
        membership_id=membership.id,
        organisation_id=membership.organisation_id,
        person_id=membership.person_id,
        kind=command.kind,
        start=start,
        until=until,
        stops_billing=command.stops_billing and command.kind == "freeze",
        reason=command.reason,
        created_by=uow.subject.actor,
        created_at=uow.now,
    )
    await publish(uow, membership, membership.lay_over(overlay, uow.now))
    await watch(uow, overlay)
    return StoppedForATime(overlay_id=overlay.id, membership=view(membership, uow.now))


async def lift(
    uow: UnitOfWork, membership_id: UUID, overlay_id: UUID, kind: OverlayKind
) -> MembershipView:
    """End a freeze or block now, or take it back before it begins."""
    membership = await uow.get(Membership, membership_id)
    await publish(uow, membership, membership.lift(overlay_id, kind, uow.now))
    await uow.unschedule(OVERLAY_REACHED, str(overlay_id))
    return view(membership, uow.now)


async def watch(uow: UnitOfWork, overlay: Overlay) -> None:
    """Have the overlay's next start or end noticed when it comes."""
    at = overlay.next_change(uow.now)
    if at is not None:
        payload = {"membership_id": overlay.membership_id}
        await uow.schedule(OVERLAY_REACHED, str(overlay.id), at, payload)


def _stretch(command: StopForATime, zone: str, now: datetime) -> tuple[datetime, datetime | None]:
    """The instants of the local days; the first instant of each."""
    today = local_date(now, zone)
    first = command.start or today
    if first < today or first > today + FURTHEST:
        raise DateOutOfRange("It starts today or later, within five years.", field="start")
    # One that starts today starts now: what was passed of the day stays as it was.
    start = now if first == today else start_of_day(first, zone)
    if command.until is None:
        return start, None
    if command.until <= first or command.until > first + FURTHEST:
        raise DateOutOfRange("It ends after its start, within five years.", field="until")
    return start, start_of_day(command.until, zone)
