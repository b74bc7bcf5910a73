"""Bring a guest: a member names one, and a door lets the guest in once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, or_, select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import (
    DateOutOfRange,
    GuestNotNew,
    IllegalTransition,
    NoGuests,
)
from gymhopper.contexts.membership.domain.guests import GuestPass, Guests, check_allowance
from gymhopper.contexts.membership.domain.label import label
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.person import Contact
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.guest_tables import guest_pass
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.contexts.membership.usecases.register_member import enter_person
from gymhopper.contracts.membership.events import (
    GuestPassIssued,
    GuestPassUsed,
    GuestPassWithdrawn,
)
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.errors import InvalidInput, NotFound
from gymhopper.kernel.ids import new_id

FURTHEST = timedelta(days=92)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGuest:
    """Somebody whom the gym is to know as a person of its own."""

    first_name: str
    last_name: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteGuest:
    """Somebody new, or the member id of a guest whom the same membership had before; from `day`
    on, or today."""

    membership_id: UUID
    guest: NewGuest | UUID
    day: date | None = None


async def invite_guest(uow: UnitOfWork, command: InviteGuest) -> GuestPass:
    """Give the guest a pass, within what the plan allows.

    Raises NoGuests, GuestsUsedUp, GuestNotNew, and DateOutOfRange for a day that is past or far.
    """
    # The membership's row is held: invitations at once count each other.
    host = await uow.get(Membership, command.membership_id)
    rules, now = host.offer.guests, uow.now
    if rules is None:
        raise NoGuests("This membership is for its holder alone.")
    if label(host, now) not in {"active", "trial"}:
        raise NoGuests("This membership is not good just now.")
    day = command.day or local_date(now, host.zone)
    if not local_date(now, host.zone) <= day <= local_date(now, host.zone) + FURTHEST:
        raise DateOutOfRange("The day lies ahead, within three months.", field="day")
    start = max(now, start_of_day(day, host.zone))
    if host.end is not None and host.end <= start:
        raise DateOutOfRange("The membership has ended by then.", field="day")
    others = await _passes(uow, host.id)
    state = host.state(now)
    assert state.cycle is not None  # noqa: S101 - only stored events of old have none
    check_allowance(rules, state.cycle, day, others)
    guest = await _guest(uow, host, rules, others, command.guest)
    until = start_of_day(day + timedelta(days=rules.valid_days), host.zone)
    issued = GuestPass(
        id=new_id(),
        organisation_id=host.organisation_id,
        membership_id=host.id,
        member_id=guest.id,
        person_id=guest.person_id,
        first_day=day,
        start=start,
        until=until if host.end is None else min(until, host.end),
        host_inside=rules.host_inside,
        issued_at=now,
        issued_by=uow.subject.actor,
    )
    uow.add(issued)
    uow.record(
        issued, GuestPassIssued(right=issued.right(state)), organisation_id=host.organisation_id
    )
    return issued


async def withdraw_guest(uow: UnitOfWork, membership_id: UUID, pass_id: UUID) -> GuestPass:
    """Let the guest not come; the pass does not count any more."""
    host = await uow.get(Membership, membership_id)
    found = await uow.get(GuestPass, pass_id)
    if found.membership_id != host.id:
        raise NotFound("There is no guest pass with this id.")
    found.withdraw(uow.now)
    right = found.right(host.state(uow.now))
    uow.record(found, GuestPassWithdrawn(right=right), organisation_id=found.organisation_id)
    return found


async def use_guest_pass(uow: UnitOfWork, pass_id: UUID, visit_id: UUID, at: datetime) -> bool:
    """A door let somebody in on it; False when there is no such pass. Repeats change nothing."""
    found = await uow.session.get(GuestPass, pass_id, with_for_update=True)
    if found is None:
        return False
    if found.use(visit_id, at):
        host = await uow.session.get_one(Membership, found.membership_id)
        used = GuestPassUsed(
            pass_id=found.id,
            membership_id=host.id,
            visit_id=visit_id,
            fee=found.costs(host.offer.guests, at),
        )
        uow.record(found, used, organisation_id=found.organisation_id)
    return True


async def _passes(uow: UnitOfWork, membership_id: UUID) -> Sequence[GuestPass]:
    asked = select(GuestPass).where(guest_pass.c.membership_id == membership_id)
    return (await uow.session.scalars(asked.order_by(guest_pass.c.id))).all()


async def _guest(
    uow: UnitOfWork,
    host: Membership,
    rules: Guests,
    others: Sequence[GuestPass],
    named: NewGuest | UUID,
) -> Member:
    if isinstance(named, UUID):
        # A guest of this membership and nobody else: other members' ids tell nothing here.
        before = [each for each in others if each.member_id == named]
        if not before:
            raise NotFound("No such guest was here before.", field="member_id")
        if any(each.is_open(uow.now) for each in before):
            raise IllegalTransition("This guest has a pass.")
        if rules.new_here and any(each.used_at is not None for each in before):
            raise GuestNotNew("Guests are people who were never here.", field="member_id")
        return await uow.get(Member, named)
    if rules.new_here:
        if named.email is None:
            raise InvalidInput("Say how the guest can be reached.", field="email")
        await _never_here(uow, host.organisation_id, named.email)
    contact = Contact(email=named.email)
    return await enter_person(uow, host.organisation_id, named.first_name, named.last_name, contact)


async def _never_here(uow: UnitOfWork, organisation_id: UUID, email: str) -> None:
    """Raise GuestNotNew for an address of somebody who had a membership or came as a guest here."""
    indexes = ContactSeal(uow.runtime.secrets).email_indexes(email)
    member, bought, person = tables.member.c, tables.membership.c, tables.person
    had = exists().where(bought.member_id == member.id, bought.start_at.is_not(None))
    came = exists().where(guest_pass.c.member_id == member.id, guest_pass.c.used_at.is_not(None))
    found = await uow.connection.scalar(
        select(member.id)
        .join_from(tables.member, person)
        .where(
            member.organisation_id == organisation_id,
            person.c.email_index.in_(indexes),
            or_(had, came),
        )
        .limit(1)
    )
    if found is not None:
        raise GuestNotNew("Guests are people who were never here.", field="email")
