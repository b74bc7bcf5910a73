"""Freeze or block a membership, and lift that again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import (
    DateOutOfRange,
    FreezeAtDesk,
    ReasonMissing,
    StalePrice,
)
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.overlay import Overlay, OverlayKind
from gymhopper.contexts.membership.queries.memberships import MembershipView, view
from gymhopper.contexts.membership.usecases.publish import (
    FREEZE_FEE_DUE,
    OVERLAY_REACHED,
    publish,
)
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

FURTHEST = timedelta(days=5 * 366)
FURTHEST_BACK = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopForATime:
    """Holds on the local days `[start, until)`; from this instant when no start is given, or from
    the next renewal. Without `until` it holds until it is lifted.

    What a freeze stops and moves is chosen apart; `extends_term` None is as the plan has it. Staff
    may date it back, or set it `beyond_limits` or `free_of_charge`, which takes a reason. Members
    are held to what the plan leaves to them, and say what they were shown that it costs in all;
    without `fees_seen` they are about to see it.
    """

    membership_id: UUID
    kind: OverlayKind
    reason: str
    start: date | None = None
    until: date | None = None
    at_renewal: bool = False
    stops_access: bool = True
    stops_billing: bool = False
    extends_term: bool | None = None
    beyond_limits: bool = False
    free_of_charge: bool = False
    fees_shown: Money | None = None
    fees_seen: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedForATime:
    """The freeze or block that was set, and the membership with it.

    `fees` are the instants at which it costs `fee`.
    """

    overlay_id: UUID
    fee: Money | None
    fees: Sequence[datetime]
    membership: MembershipView


async def stop_for_a_time(uow: UnitOfWork, command: StopForATime) -> StoppedForATime:
    """Set a freeze or a block."""
    membership = await uow.get(Membership, command.membership_id)
    start, until = _stretch(command, membership, uow.now)
    backdated = start < uow.now
    if uow.subject.person_id is not None:
        _left_to_members(command, membership, start, uow.now)
    if not command.reason and (backdated or command.beyond_limits or command.free_of_charge):
        raise ReasonMissing("Say why this goes beyond what was agreed.", field="reason")
    freezes = command.kind == "freeze"
    extends = command.extends_term
    if extends is None:
        extends = membership.freeze_rules.extends_term and membership.contract != "under_notice"
    overlay = Overlay(
        id=new_id(),
        membership_id=membership.id,
        organisation_id=membership.organisation_id,
        person_id=membership.person_id,
        kind=command.kind,
        start=start,
        until=until,
        stops_access=command.stops_access or not freezes,
        stops_billing=command.stops_billing and freezes,
        extends_term=extends and freezes,
        reason=command.reason,
        created_by=uow.subject.actor,
        created_at=uow.now,
    )
    event = membership.lay_over(overlay, uow.now, backdated=backdated, exempt=command.beyond_limits)
    if command.free_of_charge:
        overlay.fee_from = None
    fees = overlay.fees(membership.freeze_rules.fee_every, membership.zone)
    fee = membership.freeze_rules.fee if fees else None
    member = uow.subject.person_id is not None
    if (member and command.fees_seen) or command.fees_shown is not None:
        _confirm(command.fees_shown, fee, len(fees))
    await publish(uow, membership, event)
    if backdated and overlay.stops_billing:
        passed = Period(start, min(uow.now, overlay.until or uow.now))
        await publish(uow, membership, membership.give_back(passed, "freeze", uow.now))
    await watch(uow, overlay)
    await charge_freeze(uow, membership, overlay.id)
    return StoppedForATime(
        overlay_id=overlay.id, fee=fee, fees=fees, membership=view(membership, uow.now)
    )


def _left_to_members(
    command: StopForATime, membership: Membership, start: datetime, now: datetime
) -> None:
    """Raise FreezeAtDesk for what a member may not do alone, DateOutOfRange without notice."""
    rules = membership.freeze_rules
    if not rules.by_member:
        raise FreezeAtDesk("Freezes of this membership are set at the desk.")
    if command.beyond_limits or command.free_of_charge or command.extends_term is not None:
        raise FreezeAtDesk("What goes beyond the plan is set at the desk.")
    if not (command.stops_access and command.stops_billing):
        raise FreezeAtDesk("A freeze that stops only part of it is set at the desk.")
    earliest = local_date(now, membership.zone) + timedelta(days=rules.notice_days)
    if start < now or local_date(start, membership.zone) < earliest:
        raise DateOutOfRange(f"It can start on {earliest} or later.", field="start")
    if command.until is None:
        raise DateOutOfRange("Say when it ends.", field="until")


def _confirm(shown: Money | None, fee: Money | None, times: int) -> None:
    due = None if fee is None else Money(fee.amount * times, fee.currency)
    if (shown if shown is None or shown.amount else None) != due:
        costs = "nothing" if due is None else f"{due}"
        raise StalePrice(f"This freeze costs {costs} in all.", field="fees")


async def lift(
    uow: UnitOfWork, membership_id: UUID, overlay_id: UUID, kind: OverlayKind
) -> MembershipView:
    """End a freeze or block now, or take it back before it begins."""
    membership = await uow.get(Membership, membership_id)
    if uow.subject.person_id is not None:
        _taken_back_by_member(membership, overlay_id, uow)
    await publish(uow, membership, membership.lift(overlay_id, kind, uow.now))
    await uow.unschedule(OVERLAY_REACHED, str(overlay_id))
    await uow.unschedule(FREEZE_FEE_DUE, str(overlay_id))
    return view(membership, uow.now)


def _taken_back_by_member(membership: Membership, overlay_id: UUID, uow: UnitOfWork) -> None:
    """Raise FreezeAtDesk for one that has begun, or that somebody else set."""
    found = next((each for each in membership.overlays if each.id == overlay_id), None)
    if found is not None and (found.start <= uow.now or found.created_by != uow.subject.actor):
        raise FreezeAtDesk("This freeze is ended at the desk.")


async def watch(uow: UnitOfWork, overlay: Overlay) -> None:
    """Have the overlay's next start or end noticed when it comes."""
    at = overlay.next_change(uow.now)
    if at is not None:
        payload = {"membership_id": overlay.membership_id}
        await uow.schedule(OVERLAY_REACHED, str(overlay.id), at, payload)


async def charge_freeze(uow: UnitOfWork, membership: Membership, overlay_id: UUID) -> None:
    """Tell of each fee that has fallen due, and wait for the next."""
    while (event := membership.charge_freeze(overlay_id, uow.now)) is not None:
        await publish(uow, membership, event)
    at = membership.next_freeze_fee(overlay_id)
    if at is not None and not membership.is_over(uow.now):
        payload = {"membership_id": membership.id}
        await uow.schedule(FREEZE_FEE_DUE, str(overlay_id), at, payload)


def _stretch(
    command: StopForATime, membership: Membership, now: datetime
) -> tuple[datetime, datetime | None]:
    """The instants of the local days; the first instant of each."""
    zone, today = membership.zone, local_date(now, membership.zone)
    if command.at_renewal:
        start = membership.period_end(now)
        first = local_date(start, zone)
    else:
        first = command.start or today
        earliest = today
        if command.kind == "freeze" and membership.start is not None:
            begun = local_date(membership.start, zone)
            earliest = min(today, max(begun, today - FURTHEST_BACK))
        if not earliest <= first <= today + FURTHEST:
            raise DateOutOfRange(
                "It starts with the contract or later, within a year back and five ahead.",
                field="start",
            )
        # One that starts today starts now: what was passed of the day stays as it was.
        start = now if first == today else start_of_day(first, zone)
        if membership.start is not None and first == local_date(membership.start, zone):
            # The contract's own first day need not be a whole one.
            start = max(start, membership.start)
    if command.until is None:
        return start, None
    if command.until <= first or command.until > first + FURTHEST:
        raise DateOutOfRange("It ends after its start, within five years.", field="until")
    return start, start_of_day(command.until, zone)
