"""A membership goes over to somebody else: what was not asked for yet is the receiver's to pay.

The giver's account goes on owing what it owes, and is asked for nothing more. Nobody is charged
again for a period that was asked for. At the desk the cycle just goes on in another name. A card is
not handed over: the receiver gives one on a page of their own, and is charged from then on, but
not before the end of what was paid for.
"""

from datetime import datetime

import msgspec
from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.domain.terms import resumed
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.bill_by_hand import align_by_hand, await_next
from gymhopper.contexts.billing.usecases.follow_contract import (
    FREEZE_TURNS,
    defer_alignment,
    dues_of_membership,
    set_freeze_timer,
)
from gymhopper.contexts.billing.usecases.open_dues import account_of, claims_of, running
from gymhopper.contracts.membership.api import Payer
from gymhopper.contracts.membership.events import MembershipTransferred
from gymhopper.kernel.ids import new_id


async def follow_transfer(uow: UnitOfWork, event: MembershipTransferred) -> None:
    """Open the receiver's books; nothing where the giver has none, or when they are there."""
    heir = event.membership
    former = await dues_of_membership(uow, event.from_membership_id)
    if former is None or await dues_of_membership(uow, heir.membership_id) is not None:
        return
    former.contract_ended = True
    await uow.unschedule(FREEZE_TURNS, str(former.id))
    collecting = await running(uow, former)
    if collecting is not None and collecting.provider == AT_THE_DESK:
        await align_by_hand(uow, former, collecting)
    else:
        await defer_alignment(uow, former.id)
    dues = await _opened(uow, event, former)
    collected = await _collected(uow, former)
    if collected is not None and collected.provider == AT_THE_DESK and not dues.terms.single:
        await _go_on_by_hand(uow, dues, collected, await _asked_until(uow, former))
    await set_freeze_timer(uow, dues)


async def _collected(uow: UnitOfWork, dues: Dues) -> Subscription | None:
    """What collected last, be it that the end was heard of first, and it has stopped."""
    of = tables.subscription.c
    found: Subscription | None = await uow.session.scalar(
        select(Subscription)
        .where(of.dues_id == dues.id, of.status != "incomplete_expired")
        .order_by(of.id.desc())
        .limit(1)
    )
    return found


async def _opened(uow: UnitOfWork, event: MembershipTransferred, former: Dues) -> Dues:
    payer = Payer(
        kind=event.payer_kind,
        id=event.payer_id,
        member_id=event.payer_member_id,
        person_id=event.payer_person_id,
    )
    account = await account_of(uow, former.organisation_id, payer)
    terms, charged = former.terms, len(await _charged(uow, former))
    if await _collected(uow, former) is None:
        # Taken over, and handed on before anything was paid for it.
        terms = resumed(terms, uow.now)
    known = (await _asked_until(uow, former), former.terms.covered_until)
    covered = max((each for each in known if each is not None), default=event.membership.start)
    periods = terms.periods
    if periods is not None:
        periods = max(0, periods - charged)
    dues = Dues(
        id=new_id(),
        organisation_id=former.organisation_id,
        person_id=account.person_id,
        membership_id=event.membership.membership_id,
        billing_account_id=account.id,
        terms=msgspec.structs.replace(
            terms,
            joining_fee=None,
            covered_until=covered,
            periods_left=periods,
            charged_before=charged,
        ),
        currency=former.currency,
        collect_until=former.collect_until,
        expires_at=former.expires_at,
        frozen=list(former.frozen),
        former_id=former.id,
    )
    uow.add(dues)
    await uow.flush()
    return dues


async def _go_on_by_hand(
    uow: UnitOfWork, dues: Dues, former: Subscription, asked_until: datetime | None
) -> None:
    subscription = Subscription(
        id=new_id(),
        dues_id=dues.id,
        organisation_id=dues.organisation_id,
        person_id=dues.person_id,
        provider=AT_THE_DESK,
        status="active",
        amount=former.amount,
        currency=former.currency,
        period_start=former.period_start,
        period_until=asked_until or former.period_until,
    )
    subscription.provider_id = f"{AT_THE_DESK}:{subscription.id}"
    uow.add(subscription)
    await uow.flush()
    await await_next(uow, dues, subscription)


async def count_late(uow: UnitOfWork, dues: Dues) -> None:
    """What a provider asked of those who had it before, and was not known here when it went over,
    covers the receiver, too: its news may come late."""
    terms, former_id = dues.terms, dues.former_id
    if terms.covered_until is None:
        return
    late: list[Claim] = []
    while former_id is not None:
        former = await uow.session.get_one(Dues, former_id)
        late += [x for x in await _charged(uow, former) if x.until > terms.covered_until]
        former_id = former.former_id
    dues.terms = msgspec.structs.replace(
        terms,
        covered_until=max([terms.covered_until, *(each.until for each in late)]),
        periods_left=None if terms.periods_left is None else max(0, terms.periods_left - len(late)),
        charged_before=terms.charged_before + len(late),
    )


async def _charged(uow: UnitOfWork, dues: Dues) -> list[Claim]:
    """What was asked for periods, paid or owed."""
    return [
        each
        for each in await claims_of(uow, dues)
        if each.kind == "period" and each.cause is None and each.status != "void" and each.amount
    ]


async def _asked_until(uow: UnitOfWork, dues: Dues) -> datetime | None:
    claims = [
        each
        for each in await claims_of(uow, dues)
        if each.kind == "period" and each.status != "void"
    ]
    return max((each.until for each in claims), default=None)
