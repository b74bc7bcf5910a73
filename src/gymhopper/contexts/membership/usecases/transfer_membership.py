"""Have a membership go over to another member of the organisation: now, or on a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain import transfer
from gymhopper.contexts.membership.domain.errors import (
    DateOutOfRange,
    IllegalTransition,
    PlanChangePending,
)
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.plan_change import TO_COME
from gymhopper.contexts.membership.domain.price_change import PriceChange
from gymhopper.contexts.membership.queries.memberships import MembershipView, view
from gymhopper.contexts.membership.queries.payers import named
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.plan_change_tables import plan_change
from gymhopper.contexts.membership.usecases.hand_over_credits import hand_over_credits
from gymhopper.contexts.membership.usecases.keep_agreement import AgreementGiven, keep_agreement
from gymhopper.contexts.membership.usecases.name_payer import (
    NamedPayer,
    name_payer,
    require_grown_up,
)
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contexts.membership.usecases.purchase_membership import introduce
from gymhopper.contexts.membership.usecases.stop_for_a_time import charge_freeze, watch
from gymhopper.contracts.membership import events
from gymhopper.contracts.membership.api import Payer
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.errors import NotFound

TRANSFER_REACHED = "membership.transfer_reached"
"""The timer of the day; its key is the id of the membership that waits for it."""

FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferMembership:
    """On the local `day`, today when left out: then at once. The `agreement` is the receiver's.

    `debts_stay`: what is owed for it stays with whoever owes it, and is no hindrance.
    """

    membership_id: UUID
    to_member_id: UUID
    agreement: AgreementGiven
    reason: str
    day: date | None = None
    debts_stay: bool = False
    payer: NamedPayer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Whose it was, whose it will be, and from when on."""

    former: MembershipView
    heir: MembershipView
    effective_at: datetime


async def transfer_membership(uow: UnitOfWork, command: TransferMembership) -> Transfer:
    """Agree on it; what is for today happens at once.

    Raises NotFound, NotTransferable, NotForYou, DebtBeforeTransfer, PlanChangePending, CannotPay,
    IllegalTransition, DateOutOfRange.
    """
    receiver = await uow.get(Member, command.to_member_id)
    membership = await uow.get(Membership, command.membership_id)
    if receiver.organisation_id != membership.organisation_id:
        raise NotFound("There is no member with this id.", field="to_member_id")
    at = _instant(membership, command.day, uow.now)
    transfer.check(membership, receiver, at, uow.now, debts_stay=command.debts_stay)
    await _keeps_its_plan(uow, membership)
    if membership.offer.intro is not None:
        await introduce(uow, membership.offer.intro, receiver, membership.plan_id)
    heir = transfer.agreed(membership, receiver, at, command.reason, uow.now)
    if command.payer is None:
        await require_grown_up(uow, receiver, field="payer")
    await name_payer(uow, heir, receiver, command.payer)
    uow.add(heir)
    await uow.flush()
    keep_agreement(uow, receiver, command.agreement, membership_id=heir.id)
    await publish(uow, heir, heir.purchased(uow.now))
    state = membership.state(uow.now)
    if at <= uow.now:
        await publish(uow, membership, events.MembershipEnded(membership=state))
        await _go_over(uow, membership, heir)
    else:
        scheduled = events.MembershipTransferScheduled(
            membership=state, to_membership_id=heir.id, effective_at=at
        )
        await publish(uow, membership, scheduled)
        await uow.schedule(TRANSFER_REACHED, str(heir.id), at)
    return Transfer(former=view(membership, uow.now), heir=view(heir, uow.now), effective_at=at)


async def call_transfer_off(uow: UnitOfWork, membership_id: UUID) -> MembershipView:
    """What was to go over on a day to come stays; IllegalTransition when nothing was to."""
    membership = await uow.get(Membership, membership_id)
    to, at = membership.transferred_to, membership.transferred_at
    if to is None or at is None or at <= uow.now or membership.is_over(uow.now):
        raise IllegalTransition("This membership is not to be handed over.")
    heir = await uow.get(Membership, to)
    membership.keep_after_all(uow.now)
    event = events.MembershipTransferCalledOff(
        membership=membership.state(uow.now), to_membership_id=heir.id
    )
    await publish(uow, membership, event)
    await _give_up(uow, heir)
    return view(membership, uow.now)


async def reach_transfer(uow: UnitOfWork, heir_id: UUID) -> None:
    """The day has come. What ended otherwise meanwhile goes over to nobody."""
    found = await uow.session.get(Membership, heir_id)
    if found is None or found.transferred_from is None:
        return
    membership = await uow.get(Membership, found.transferred_from)
    heir = await uow.get(Membership, heir_id)
    if not heir.awaits_transfer or membership.transferred_to != heir.id:
        return
    await _go_over(uow, membership, heir)


async def _go_over(uow: UnitOfWork, membership: Membership, heir: Membership) -> None:
    await publish(uow, membership, membership.reach_end(uow.now))
    if membership.end_reason != "transferred":
        await _give_up(uow, heir)
        return
    transfer.take_over(membership, heir, uow.now)
    await uow.flush()
    await _prices_go_along(uow, membership, heir)
    await hand_over_credits(uow, membership, heir)
    payer = await _payer(uow, heir)
    event = events.MembershipTransferred(
        membership=heir.state(uow.now),
        from_membership_id=membership.id,
        from_person_id=membership.person_id,
        payer_kind="household" if payer.kind == "household" else "person",
        payer_id=payer.id,
        payer_member_id=payer.member_id or heir.member_id,
        payer_person_id=payer.person_id or heir.person_id,
    )
    await publish(uow, heir, event)
    for each in heir.overlays:
        await watch(uow, each)
        await charge_freeze(uow, heir, each.id)


async def _give_up(uow: UnitOfWork, heir: Membership) -> None:
    """What waited for the day is over without ever having begun."""
    await uow.unschedule(TRANSFER_REACHED, str(heir.id))
    await publish(uow, heir, heir.terminate(uow.now, uow.now))


async def _payer(uow: UnitOfWork, heir: Membership) -> Payer:
    payer_id = heir.payer_id or heir.member_id
    found = await named(uow.connection, heir.payer_kind, payer_id, heir.organisation_id)
    if found is not None:
        return found
    return Payer(
        kind="person", id=heir.member_id, member_id=heir.member_id, person_id=heir.person_id
    )


async def _keeps_its_plan(uow: UnitOfWork, membership: Membership) -> None:
    of = plan_change.c
    waiting = select(of.id).where(of.membership_id == membership.id, of.status.in_(TO_COME))
    if (await uow.connection.execute(waiting)).first() is not None:
        raise PlanChangePending("A change of plan is to come. Undo that first.")


async def _prices_go_along(uow: UnitOfWork, membership: Membership, heir: Membership) -> None:
    """A price that was announced holds for whoever has it by then."""
    of = tables.price_change.c
    announced = select(PriceChange).where(
        of.membership_id == membership.id, of.status == "announced"
    )
    for change in await uow.session.scalars(announced):
        change.membership_id = heir.id


def _instant(membership: Membership, day: date | None, now: datetime) -> datetime:
    today = local_date(now, membership.zone)
    day = day or today
    if not today <= day <= today + FURTHEST:
        raise DateOutOfRange("It is today or later, and within a year.", field="day")
    # In whole seconds, as ends are.
    return now.replace(microsecond=0) if day == today else start_of_day(day, membership.zone)
