"""Give what was sold another price: announce it, withdraw that, let it come into force."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import ChangeAnnounced, IllegalTransition
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.price_change import PriceChange, check
from gymhopper.contexts.membership.queries.memberships import MembershipView, view
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.keep_receipt import keep_receipt
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contracts.membership import events
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

PRICE_CHANGES = "membership.price_changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPriceForSold:
    """The price from the local day on, and why, as the member is told."""

    price: Money
    effective_on: date
    reason: str
    run_id: UUID | None = None


async def announce_change(
    uow: UnitOfWork, membership_id: UUID, new: NewPriceForSold
) -> PriceChange:
    """Announce it; ChangeAnnounced while another one is to come."""
    membership = await uow.get(Membership, membership_id)
    check(membership, new.price, new.effective_on, uow.now)
    changes = tables.price_change.c
    waiting = await uow.session.scalars(
        select(PriceChange).where(
            changes.membership_id == membership_id, changes.status == "announced"
        )
    )
    if waiting.first() is not None:
        raise ChangeAnnounced("Another price has been announced. Withdraw that first.")
    change = PriceChange(
        id=new_id(),
        organisation_id=membership.organisation_id,
        membership_id=membership_id,
        run_id=new.run_id,
        price=new.price,
        effective_on=new.effective_on,
        effective_at=start_of_day(new.effective_on, membership.zone),
        reason=new.reason,
        announced_at=uow.now,
        announced_by=uow.subject.actor,
    )
    uow.add(change)
    await uow.schedule(PRICE_CHANGES, str(change.id), change.effective_at)
    event = events.MembershipPriceChangeAnnounced(
        membership=membership.state(uow.now),
        change_id=change.id,
        previous=membership.price,
        price=change.price,
        effective_at=change.effective_at,
    )
    await publish(uow, membership, event)
    return change


async def withdraw_change(uow: UnitOfWork, membership_id: UUID, change_id: UUID) -> PriceChange:
    """The price stays as it is after all. Who has left because of it has still left."""
    membership, change = await _change(uow, membership_id, change_id)
    change.settle("withdrawn", uow.now)
    await uow.unschedule(PRICE_CHANGES, str(change.id))
    event = events.MembershipPriceChangeWithdrawn(
        membership=membership.state(uow.now), change_id=change.id
    )
    await publish(uow, membership, event)
    return change


async def leave_before_change(
    uow: UnitOfWork, membership_id: UUID, change_id: UUID
) -> MembershipView:
    """End the contract where the new price would begin, whatever its term and notice."""
    membership, change = await _change(uow, membership_id, change_id)
    if change.status != "announced" or change.effective_at <= uow.now:
        raise IllegalTransition("This price is not to come any more.")
    if membership.end is not None and membership.end <= change.effective_at:
        raise IllegalTransition("The membership ends before that price begins.")
    event = membership.cancel(change.effective_at, uow.now, "price change")
    await publish(uow, membership, event)
    await keep_receipt(uow, membership, "cancellation", "date")
    return view(membership, uow.now)


async def bring_into_force(uow: UnitOfWork, change_id: UUID) -> None:
    """The day of an announced price has come."""
    found = await uow.session.get(PriceChange, change_id)
    if found is None:
        return
    membership, change = await _change(uow, found.membership_id, change_id)
    if change.status != "announced":
        return
    if membership.is_over(uow.now):
        change.settle("lapsed", uow.now)
        return
    change.settle("in_force", uow.now)
    previous, membership.price = membership.price, change.price
    change.previous_amount = previous.amount
    event = events.MembershipPriceChanged(
        membership=membership.state(uow.now),
        change_id=change.id,
        previous=previous,
        price=change.price,
        effective_at=change.effective_at,
    )
    await publish(uow, membership, event)


async def drop_announced(uow: UnitOfWork, membership: Membership) -> None:
    """A price that was to come will not: the membership has another plan, at that one's price."""
    changes = tables.price_change.c
    change = await uow.session.scalar(
        select(PriceChange).where(
            changes.membership_id == membership.id, changes.status == "announced"
        )
    )
    if change is None:
        return
    change.settle("lapsed", uow.now)
    await uow.unschedule(PRICE_CHANGES, str(change.id))
    event = events.MembershipPriceChangeWithdrawn(
        membership=membership.state(uow.now), change_id=change.id
    )
    await publish(uow, membership, event)


async def _change(
    uow: UnitOfWork, membership_id: UUID, change_id: UUID
) -> tuple[Membership, PriceChange]:
    """Both, the membership held: nobody else changes either meanwhile."""
    membership = await uow.get(Membership, membership_id)
    change = await uow.session.get(PriceChange, change_id, populate_existing=True)
    if change is None or change.membership_id != membership_id:
        raise NotFound("There is no price change with this id.")
    return membership, change
