"""Work on a submitted roster, some rows in each transaction.

How far it has come is written down with what was done, so that one that was broken off goes on from
there and does nothing twice. A row that is refused is alone in that.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.errors import PlanWithdrawn
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.person import Contact
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.domain.sponsor import (
    Outcome,
    Roster,
    RosterEntry,
    Sponsor,
    Sponsored,
    WindowBackwards,
    WindowOver,
    WindowTooLong,
)
from gymhopper.contexts.membership.domain.sponsor_terms import SponsorOverdue
from gymhopper.contexts.membership.storage.roster_seal import RosterSeal
from gymhopper.contexts.membership.storage.sponsor_tables import roster_entry, sponsored
from gymhopper.contexts.membership.usecases.keep_agreement import AgreementGiven, keep_agreement
from gymhopper.contexts.membership.usecases.keep_roster import ROSTER
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contexts.membership.usecases.purchase_membership import sell
from gymhopper.contexts.membership.usecases.register_member import RegisterMember, register_member
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.errors import GymhopperError
from gymhopper.kernel.ids import new_id

AT_ONCE = 50
"""How many rows one transaction works on."""

REST = timedelta(milliseconds=100)
"""And how long others have their turn then."""

LONGEST_WINDOW = timedelta(days=2 * 366)


async def work_on_roster(uow: UnitOfWork, roster_id: UUID) -> None:
    """The next rows; then, of a full roster, the end of all whom it does not name."""
    roster = await uow.get(Roster, roster_id)
    if roster.status != "submitted":
        return
    # Two rosters of a sponsor are worked on one after the other.
    sponsor = await uow.get(Sponsor, roster.sponsor_id)
    of = roster_entry.c
    asked = select(RosterEntry).where(of.roster_id == roster.id, of.outcome.is_(None))
    rows = (await uow.session.scalars(asked.order_by(of.number).limit(AT_ONCE))).all()
    for entry in rows:
        await _work_on(uow, roster, sponsor, entry)
    if not rows and (roster.kind == "changes" or not await _end_missing(uow, roster, sponsor)):
        roster.status, roster.finished_at = "done", uow.now
    else:
        await uow.schedule(ROSTER, str(roster.id), uow.now + REST)
    roster.version += 1


async def _work_on(uow: UnitOfWork, roster: Roster, sponsor: Sponsor, entry: RosterEntry) -> None:
    outcome: Outcome = "refused"
    try:
        async with uow.attempt():
            outcome = await _let_in(uow, roster, sponsor, entry)
    except GymhopperError as error:
        entry.code = error.code
    entry.outcome, entry.sealed = outcome, None
    roster.count(outcome)


async def _let_in(uow: UnitOfWork, roster: Roster, sponsor: Sponsor, entry: RosterEntry) -> Outcome:
    plan = await uow.session.get_one(Plan, sponsor.plan_id)
    today = local_date(uow.now, plan.zone)
    if entry.ends_on <= entry.starts_on:
        raise WindowBackwards("It ends before it begins.", field="ends_on")
    if entry.ends_on > today + LONGEST_WINDOW:
        raise WindowTooLong("It ends within two years.", field="ends_on")
    of = sponsored.c
    known = await uow.session.scalar(
        select(Sponsored)
        .where(of.sponsor_id == sponsor.id, of.external_id == entry.external_id)
        .with_for_update()
    )
    if known is None:
        member = await _register(uow, roster, sponsor, plan, entry)
        membership = await _sell(uow, roster, sponsor, plan, member, entry)
        uow.add(
            Sponsored(
                id=new_id(),
                version=1,
                organisation_id=sponsor.organisation_id,
                sponsor_id=sponsor.id,
                external_id=entry.external_id,
                member_id=member.id,
                person_id=member.person_id,
                membership_id=membership.id,
                starts_on=entry.starts_on,
                ends_on=entry.ends_on,
            )
        )
        return "added"
    return await _move(uow, roster, sponsor, plan, known, entry)


async def _move(
    uow: UnitOfWork,
    roster: Roster,
    sponsor: Sponsor,
    plan: Plan,
    known: Sponsored,
    entry: RosterEntry,
) -> Outcome:
    """The window of somebody who is known; who comes back has a new membership."""
    membership = await uow.get(Membership, known.membership_id)
    today = local_date(uow.now, plan.zone)
    over = membership.is_over(uow.now)
    window = (entry.starts_on, entry.ends_on)
    if entry.ends_on <= today if over else (known.starts_on, known.ends_on) == window:
        return "unchanged"
    if over:
        member = await uow.get(Member, known.member_id)
        known.membership_id = (await _sell(uow, roster, sponsor, plan, member, entry)).id
    else:
        first = max(entry.starts_on, today)
        moved = membership.move_window(first, entry.ends_on, uow.now)
        await publish(uow, membership, moved)
    known.starts_on, known.ends_on = window
    known.version += 1
    return "added" if over else "changed"


async def _register(
    uow: UnitOfWork, roster: Roster, sponsor: Sponsor, plan: Plan, entry: RosterEntry
) -> Member:
    """A person who is new, whoever has the same name or address anywhere."""
    if entry.ends_on <= local_date(uow.now, plan.zone) or entry.sealed is None:
        raise WindowOver("It is over already.", field="ends_on")
    person = RosterSeal(uow.runtime.secrets).open(entry.id, entry.sealed)
    made = await register_member(
        uow,
        RegisterMember(
            organisation_id=sponsor.organisation_id,
            first_name=person.first_name,
            last_name=person.last_name,
            contact=Contact(email=person.email),
            agreement=_agreement(roster),
        ),
    )
    return await uow.session.get_one(Member, made.member_id)


async def _sell(
    uow: UnitOfWork,
    roster: Roster,
    sponsor: Sponsor,
    plan: Plan,
    member: Member,
    entry: RosterEntry,
) -> Membership:
    """It runs by the sponsor's window, and waits for no payment."""
    if sponsor.has_reached("no_new_members", uow.now):
        raise SponsorOverdue("Nobody new comes in before the sponsor has paid.")
    if plan.status != "offered":
        raise PlanWithdrawn("This plan is not sold any more.")
    price = await uow.session.get_one(Price, sponsor.price_id)
    first = max(entry.starts_on, local_date(uow.now, plan.zone))
    membership = sell(uow, member, plan, price, first)
    # Neither term nor notice binds anybody: the sponsor's word does.
    membership.conditions = Conditions()
    membership.payer_kind, membership.payer_id = "sponsor", sponsor.id
    membership.sponsor_suspended_at = sponsor.closed_from
    membership.runs_until = start_of_day(entry.ends_on, plan.zone)
    uow.add(membership)
    await uow.flush()
    keep_agreement(uow, member, _agreement(roster), membership_id=membership.id)
    await publish(uow, membership, membership.purchased(uow.now))
    return membership


def _agreement(roster: Roster) -> AgreementGiven:
    agreed = roster.agreed
    return AgreementGiven(
        terms=agreed.terms, privacy=agreed.privacy, language=agreed.language, channel="network"
    )


async def _end_missing(uow: UnitOfWork, roster: Roster, sponsor: Sponsor) -> bool:
    """End some of those whom the roster does not name; whether there were any."""
    of, named = sponsored.c, roster_entry.c
    plan = await uow.session.get_one(Plan, sponsor.plan_id)
    today = local_date(uow.now, plan.zone)
    missing = await uow.session.scalars(
        select(Sponsored)
        .where(of.sponsor_id == sponsor.id, of.ends_on > today)
        .where(of.external_id.not_in(select(named.external_id).where(named.roster_id == roster.id)))
        .order_by(of.id)
        .limit(AT_ONCE)
        .with_for_update()
    )
    ended = missing.all()
    for each in ended:
        membership = await uow.get(Membership, each.membership_id)
        if not membership.is_over(uow.now):
            moved = membership.move_window(membership.starts_on, today, uow.now)
            await publish(uow, membership, moved)
        each.ends_on = today
        each.version += 1
    roster.ended += len(ended)
    return bool(ended)
